/* Browan (Tabs): the port says what it is, the lowest bit of the first byte how it stands. Facts
 * from TheThingsNetwork/lorawan-devices, vendor/browan. */
#include "lorawan.h"

static const struct port {
	int port;
	enum yj_lora_what what;
} ports[] = {
    {100, YJ_LORA_DOOR},   /* TBDW100 */
    {102, YJ_LORA_MOTION}, /* TBMS100 */
    {103, YJ_LORA_DATA},   /* TBHH100, TBHV110 */
    {106, YJ_LORA_LEAK},   /* TBWL100 */
    {136, YJ_LORA_PRESS},  /* TBOL100, the object locator */
    {147, YJ_LORA_PRESS},  /* TBPB100 */
};

enum yj_lora_what yj_browan_status(int port)
{
	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
		if (ports[i].port == port)
			return ports[i].what;
	return YJ_LORA_SKIP;
}

void yj_codec_browan(struct yj_lora *u)
{
	yj_lora_flag(u, yj_browan_status(u->port), "status", u->bytes[0] & 0x01);
}
