/* The directory of a fleet, so that a gateway can be made to know it. */
#include <stdio.h>
#include <string.h>

#include "fleet.h"
#include "out.h"

/* A county of 20 townships with up to 30 villages each. */
static void print_residents(const struct sim_fleet *fleet)
{
	char name[YJ_NAME_MAX + 1];

	puts("id,name,region,address,lives_alone,categories");
	for (uint32_t home = 0; home < fleet->homes; home++) {
		const unsigned township = 100 + home % 20, village = 200 + home / 20 % 30;

		sim_fleet_name(fleet, home, name);
		printf("r-%s,老人%u,511781%03u%03u,%u组%u号,%s,%s\n", name, home + 1, township,
		    village, home / 600 % 9 + 1, home % 97 + 1, home % 3 == 0 ? "yes" : "no",
		    home % 3 == 0 ? "独居" : "空巢");
	}
}

static void print_devices(const struct sim_fleet *fleet)
{
	char name[YJ_NAME_MAX + 1];

	puts("id,kind,resident,place");
	for (uint32_t home = 0; home < fleet->homes; home++) {
		sim_fleet_name(fleet, home, name);
		printf("%s,button,r-%s,床头\n", name, name);
	}
}

int sim_fleet_csv(const struct sim_fleet *fleet, const char *kind)
{
	if (strcmp(kind, "residents") == 0) {
		print_residents(fleet);
	} else if (strcmp(kind, "devices") == 0) {
		print_devices(fleet);
	} else {
		sim_err("--csv: residents or devices");
		return SIM_EXIT_USAGE;
	}
	return fflush(stdout) == 0 ? SIM_EXIT_DONE : SIM_EXIT_UNCONFIRMED;
}
