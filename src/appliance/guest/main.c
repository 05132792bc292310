/* SPDX-License-Identifier: MIT */
/* main: `vmlint guest` as a program of its own, which needs no library in the guest.
 *
 * vmlint-guest --serve SETTINGS, as root of a machine that serves nobody else, does what the appliance's init does: the settings
 * are a line such as the kernel's command line, vmlint.nonce=0123456789abcdef vmlint.do=nothing.  In the end the machine is
 * switched off.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "appliance-sources.h"
#include "appliance/init/serve.h"
#include "command/command.h"
#include "guest/frame.h"
#include "guest/gather.h"
#include "guest/record.h"

#define SETTINGS_MAXIMUM 4096

/* What `vmlint boot` knows this program by, as the appliance by its settings (src/command/boot-fits.c). */
#define TEXT(macro) WORD(macro)
#define WORD(text) #text
__attribute__((used)) static const char made_of[] = "vmlint.facts=" TEXT(GUEST_FORMAT) " vmlint.sources=" APPLIANCE_SOURCES;

/* Our lines should not be cut by those of others: a panic is always printed, and systemd says on its console no more what it does
 * (systemd(1), SIGRTMIN+21). */
static void quiet_console(void)
{
	klogctl(8, NULL, 1);
	if (access("/run/systemd/system", F_OK) == 0)
		kill(1, SIGRTMIN + 21);
}

static int serve(const char *path)
{
	struct channel channel;
	struct facts facts;
	char *settings, *command_line, *nonce, *todo, console[64];
	bool brief;
	size_t size;

	settings = file_read(path, SETTINGS_MAXIMUM, &size);
	if (!settings)
		return command_usage("guest", "%s: %s", path, strerror(errno));
	nonce = command_line_word(settings, "vmlint.nonce");
	if (!nonce || !frame_nonce_ok(nonce))
		return command_usage("guest", "%s: there is no vmlint.nonce", path);
	if (geteuid() != 0)
		return command_usage("guest", "--serve is for root");
	quiet_console();
	channel_open(&channel, nonce, console);
	facts = facts_make(channel_line, &channel);
	gather_head(&facts, channel.boot, console);
	todo = command_line_word(settings, "vmlint.do");
	brief = todo && !strcmp(todo, "nothing");
	command_line = file_read("/proc/cmdline", 65536, &size);
	gather_probe(&facts, command_line ? command_line : "", brief);
	if (!brief)
		serve_look(&facts);
	serve_host(&facts, &channel, serve_patience(settings));
	serve_leave(&facts, &channel, RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	command_begin();
	if (argc == 3 && !strcmp(argv[1], "--serve"))
		return serve(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "--judge"))
		return command_usage("guest", "this program judges the machine that it runs on; vmlint judges records");
	return command_guest(argc, argv);
}
