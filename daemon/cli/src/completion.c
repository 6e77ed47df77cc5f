/* completion bash: a script made from the command table, so that it is never behind. */
#include <string.h>

#include "cli.h"

static void put_verbs(const char *name)
{
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++) {
			if (strcmp(c->name, name) == 0 && c->verb)
				printf(" %s", c->verb);
		}
	}
}

static void each(void (*put)(const struct yj_command *c))
{
	for (const struct yj_command *const *list = yj_command_lists; *list; list++) {
		for (const struct yj_command *c = *list; c->name; c++)
			put(c);
	}
}

static void put_name(const struct yj_command *c)
{
	if (yj_command_is_first(c))
		printf(" %s", c->name);
}

static void put_group(const struct yj_command *c)
{
	if (!c->verb || !yj_command_is_first(c))
		return;
	printf("\t%s) words='", c->name);
	put_verbs(c->name);
	puts("' ;;");
}

static void put_options(const struct yj_command *c)
{
	/* The second word of a command of one word is any. */
	printf("\t%s\\ %s) words='--help%s", c->name, c->verb ? c->verb : "*",
	    c->json ? " --json" : "");
	for (const struct yj_opt *o = c->opts; o && o->name; o++)
		printf(" --%s", o->name);
	if (strcmp(c->name, "import") == 0 || (strcmp(c->name, "export") == 0 && !c->verb))
		fputs(" regions institutions residents caregivers devices beds consents rounds",
		    stdout);
	if (strcmp(c->name, "completion") == 0)
		fputs(" bash", stdout);
	puts("' ;;");
}

static int run_completion(struct yj_cli *cli, const struct yj_args *args)
{
	(void)cli;
	if (strcmp(args->words[0], "bash") != 0)
		return yj_wrong(args->command, "only for bash, not \"%s\"", args->words[0]);
	fputs(
	    "# Completion of yijianctl for bash; made by `yijianctl completion bash`.\n"
	    "_yijianctl() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	    "\tlocal i name='' verb='' words='' files=''\n"
	    "\tCOMPREPLY=()\n"
	    "\tcase $prev in\n"
	    "\t-c | --config | --socket | --out | --csr | --jsonl | --mapping) files=1 ;;\n"
	    "\t--how) words='going remote' ;;\n"
	    "\t--outcome) words='helped hospital false_alarm test device_fault deceased other' ;;\n"
	    "\t--code) words='called_120 called_119 called_110 spoke_resident no_reply "
	    "called_family"
	    " need_help other' ;;\n"
	    "\tesac\n"
	    "\tif [[ $files ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tif [[ $words ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tcase ${COMP_WORDS[i]} in\n"
	    "\t\t-c | --config | --socket) ((i++)) ;;\n"
	    "\t\t-*) ;;\n"
	    "\t\t*)\n"
	    "\t\t\tif [[ ! $name ]]; then\n"
	    "\t\t\t\tname=${COMP_WORDS[i]}\n"
	    "\t\t\telse\n"
	    "\t\t\t\tverb=${COMP_WORDS[i]}\n"
	    "\t\t\t\tbreak\n"
	    "\t\t\tfi\n"
	    "\t\t\t;;\n"
	    "\t\tesac\n"
	    "\tdone\n"
	    "\tcase $name in\n"
	    "\t'') words='-c --config --socket --help --version",
	    stdout);
	each(put_name);
	fputs("' ;;\n"
	      "\tesac\n"
	      "\t[[ $name && ! $verb ]] && case $name in\n",
	    stdout);
	each(put_group);
	fputs("\tesac\n"
	      "\t[[ $name && ! $words ]] && case \"$name $verb\" in\n",
	    stdout);
	each(put_options);
	fputs("\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "\tif [[ $name == import && $verb && $cur != -* ]]; then\n"
	      "\t\tmapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$cur\")\n"
	      "\tfi\n"
	      "}\n"
	      "complete -F _yijianctl yijianctl\n",
	    stdout);
	return 0;
}

const struct yj_command yj_completion_commands[] = {
    {.name = "completion",
	.words = "bash",
	.help = "Prints a completion script for the shell: eval \"$(yijianctl completion bash)\".",
	.min_words = 1,
	.max_words = 1,
	.run = run_completion},
    {0},
};
