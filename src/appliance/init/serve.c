/* SPDX-License-Identifier: MIT */
/* serve: see the header. */
#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "guest/check.h"
#include "guest/gather.h"

/* After so many seconds without a command, and those that the host gives us for a step of ours, the host is gone. */
#define PATIENCE 60

void serve_phase(struct facts *facts, const char *name)
{
	fact_begin(facts, "phase");
	fact_string(facts, "name", name);
	fact_decimal(facts, "uptime-ms", gather_uptime());
	fact_end(facts);
}

void serve_leave(struct facts *facts, struct channel *channel, int how)
{
	serve_phase(facts, how == RB_AUTOBOOT ? "reboot" : "poweroff");
	channel_drain(channel);
	sync();
	reboot(how);
	fact_begin(facts, "leave");
	fact_errno(facts, "error", errno);
	fact_end(facts);
	for (;;)
		pause();
}

/* Obeys one command; false if it is unknown. */
static bool obey(struct facts *facts, struct channel *channel, char *command)
{
	char *words[5] = { NULL }, *save = NULL;
	int n = 0;

	for (char *w = strtok_r(command, " ", &save); w && n < 5; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n == 1 && !strcmp(words[0], "poweroff"))
		serve_leave(facts, channel, RB_POWER_OFF);
	else if (n == 1 && !strcmp(words[0], "reboot"))
		serve_leave(facts, channel, RB_AUTOBOOT);
	else if (n == 4 && !strcmp(words[0], "variable") && !strcmp(words[1], "write"))
		variable_write(facts, words[2], words[3]);
	else if (n == 3 && !strcmp(words[0], "variable") && !strcmp(words[1], "read"))
		variable_read(facts, words[2]);
	else if (n == 3 && !strcmp(words[0], "variable") && !strcmp(words[1], "delete"))
		variable_delete(facts, words[2]);
	else if (n == 3 && !strcmp(words[0], "hotplug") && !strcmp(words[1], "block"))
		hotplug_block(facts, words[2]);
	else if ((n == 3 || n == 4) && !strcmp(words[0], "hotplug") && !strcmp(words[1], "net"))
		hotplug_net(facts, words[2], words[3]);
	else if (n == 4 && !strcmp(words[0], "gone"))
		hotplug_gone(facts, words[1], words[2], words[3]);
	else
		return false;
	return true;
}

unsigned serve_patience(const char *settings)
{
	char *word = command_line_word(settings, "vmlint.patience");
	unsigned long seconds = word && *word >= '0' && *word <= '9' ? strtoul(word, NULL, 10) : 0;

	free(word);
	return seconds > 86400 ? 86400 : (unsigned)seconds;
}

void serve_host(struct facts *facts, struct channel *channel, unsigned patience)
{
	char command[512], copy[512];
	int silence = (PATIENCE + (int)patience) * 1000;

	/* our answer has to come before the host gives up */
	if (patience)
		hotplug_patience(patience * 1000 / 4 * 3);

	serve_phase(facts, "ready");
	fact_begin(facts, "ready");
	fact_end(facts);
	while (channel_command(channel, silence, command, sizeof(command))) {
		bool known;

		memcpy(copy, command, sizeof(copy));
		known = obey(facts, channel, command);
		fact_begin(facts, "done");
		fact_string(facts, "command", copy);
		fact_string(facts, "known", known ? "yes" : "no");
		fact_end(facts);
	}
	fact_begin(facts, "unheard");
	fact_decimal(facts, "seconds", silence / 1000);
	fact_end(facts);
}

void serve_look(struct facts *facts)
{
	serve_phase(facts, "gather");
	gather_efi(facts);
	gather_files(facts);
	serve_phase(facts, "check");
	check_rtc(facts);
	check_variable(facts);
	check_cpus(facts);
	check_aarch32(facts);
}
