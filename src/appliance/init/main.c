/* SPDX-License-Identifier: MIT */
/* main: the appliance's init.  It writes down what it sees, tries what is to be tried, and then does what the host says.
 *
 * The kernel's command line says who listens: vmlint.nonce=0123456789abcdef.  Without it, all is printed in the clear and the
 * machine is switched off.  vmlint.do=nothing: only say hello and wait for commands.
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
#include "guest/frame.h"
#include "guest/gather.h"
#include "load.h"
#include "serve.h"

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
	serve_phase(&facts, "modules");
	load_modules(&facts, brief);
	mount("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", 0, NULL);
	if (!brief)
		serve_look(&facts);
	if (channel.nonce)
		serve_host(&facts, &channel, command_line ? serve_patience(command_line) : 0);
	serve_leave(&facts, &channel, RB_POWER_OFF);
}
