/* SPDX-License-Identifier: MIT */
/* main: the appliance's init.  It writes down what it sees, tries what is to be tried, and then does what the host says.
 *
 * The kernel's command line says who listens: vmlint.nonce=0123456789abcdef.  Without it, all is printed in the clear and the
 * machine is switched off.  vmlint.do=nothing: only say hello and wait for commands.
 *
 * Commands: "variable write NAME VALUE", "variable read NAME", "variable delete NAME", "devices", "hotplug block SERIAL",
 * "hotplug net ADDRESS", "gone CLASS FILE VALUE", "reboot", "poweroff".
 * Each is answered by its facts and `done`.  `ready` says that all is gathered.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "guest/check.h"
#include "guest/frame.h"
#include "guest/gather.h"
#include "load.h"

/* After so long without a command the host is gone. */
#define PATIENCE_MS 60000

static void mount_all(void)
{
	static const struct {
		const char *type, *folder;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "debugfs", "/sys/kernel/debug" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].folder, 0755);
		mount(mounts[i].type, mounts[i].folder, mounts[i].type, 0, NULL);
	}
}

static void phase(struct facts *facts, const char *name)
{
	fact_begin(facts, "phase");
	fact_string(facts, "name", name);
	fact_decimal(facts, "uptime-ms", gather_uptime());
	fact_end(facts);
}

static void leave(struct facts *facts, struct channel *channel, int how)
{
	phase(facts, how == RB_AUTOBOOT ? "reboot" : "poweroff");
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
	char *words[4] = { NULL }, *save = NULL;
	int n = 0;

	for (char *w = strtok_r(command, " ", &save); w && n < 4; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n == 1 && !strcmp(words[0], "poweroff"))
		leave(facts, channel, RB_POWER_OFF);
	else if (n == 1 && !strcmp(words[0], "reboot"))
		leave(facts, channel, RB_AUTOBOOT);
	else if (n == 1 && !strcmp(words[0], "devices"))
		gather_devices(facts);
	else if (n == 4 && !strcmp(words[0], "variable") && !strcmp(words[1], "write"))
		variable_write(facts, words[2], words[3]);
	else if (n == 3 && !strcmp(words[0], "variable") && !strcmp(words[1], "read"))
		variable_read(facts, words[2]);
	else if (n == 3 && !strcmp(words[0], "variable") && !strcmp(words[1], "delete"))
		variable_delete(facts, words[2]);
	else if (n == 3 && !strcmp(words[0], "hotplug") && !strcmp(words[1], "block"))
		hotplug_block(facts, words[2]);
	else if (n == 3 && !strcmp(words[0], "hotplug") && !strcmp(words[1], "net"))
		hotplug_net(facts, words[2]);
	else if (n == 4 && !strcmp(words[0], "gone"))
		hotplug_gone(facts, words[1], words[2], words[3]);
	else
		return false;
	return true;
}

static void serve(struct facts *facts, struct channel *channel)
{
	char command[512], copy[512];

	phase(facts, "ready");
	fact_begin(facts, "ready");
	fact_end(facts);
	while (channel_command(channel, PATIENCE_MS, command, sizeof(command))) {
		bool known;

		memcpy(copy, command, sizeof(copy));
		known = obey(facts, channel, command);
		fact_begin(facts, "done");
		fact_string(facts, "command", copy);
		fact_string(facts, "known", known ? "yes" : "no");
		fact_end(facts);
	}
}

static void look_around(struct facts *facts)
{
	phase(facts, "gather");
	gather_efi(facts);
	gather_files(facts);
	phase(facts, "check");
	check_rtc(facts);
	check_variable(facts);
	check_cpus(facts);
	check_aarch32(facts);
}

int main(void)
{
	struct channel channel;
	struct facts facts;
	char *command_line, *nonce, *todo, console[64];
	bool brief;
	size_t size;

	mount_all();
	/* our lines should not be cut by the kernel's; a panic is always printed */
	klogctl(8, NULL, 1);
	command_line = file_read("/proc/cmdline", 65536, &size);
	nonce = command_line ? command_line_word(command_line, "vmlint.nonce") : NULL;
	channel_open(&channel, nonce && frame_nonce_ok(nonce) ? nonce : NULL, console);
	facts = facts_make(channel_line, &channel);
	gather_head(&facts, channel.boot, console);
	todo = command_line ? command_line_word(command_line, "vmlint.do") : NULL;
	brief = todo && !strcmp(todo, "nothing");
	gather_probe(&facts, command_line ? command_line : "", brief);
	phase(&facts, "modules");
	load_modules(&facts);
	mount("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", 0, NULL);
	if (!brief)
		look_around(&facts);
	if (channel.nonce)
		serve(&facts, &channel);
	leave(&facts, &channel, RB_POWER_OFF);
}
