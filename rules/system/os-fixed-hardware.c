/* SPDX-License-Identifier: MIT */
/* os-fixed-hardware: network configuration is bound to the hardware of one machine
 *
 * severity: error
 * effect:   degrades
 * clause:   VM Images, I12
 * after:    gpt-missing
 *
 * Each virtual machine has another MAC address, and udev names a card by the slot that it is plugged into: ens3 here is enp1s0
 * or enX0 there. Configuration for one address or such a name is passed over on any other machine, which then has no
 * network. A rule 70-persistent-net.rules of the machine that the image was made of even gives the name eth0 away to a card
 * that is not there.
 *
 * Looked at are /etc/udev/rules.d, /etc/systemd/network, /etc/netplan, /etc/network/interfaces, ifcfg files, NetworkManager's
 * connections and cloud-init's network configuration. Not blamed: patterns with wildcards (`en*`, `52:54:00:*`), names that
 * the kernel counts (eth0), addresses that are given to a card rather than looked for (netplan's `macaddress:` outside of
 * `match:`, `hwaddress`, `cloned-mac-address=`, `MACADDR=`), whatever is below /usr, and what cloud-init writes anew on each new
 * machine.
 *
 * good:   debian-arm64
 * bad:    debian-arm64 | part 2 write /etc/network/interfaces "auto lo\niface lo inet loopback\n\nallow-hotplug enp0s1\niface enp0s1 inet dhcp\n"
 * expect: !p2/etc/network/interfaces:5:7: error: enp0s1 is the name of a network card in one place of one machine
 * bad:    debian-arm64 | part 2 write /etc/systemd/network/10.network "[Match]\nName=en*\nMACAddress=52:54:00:12:34:56\n"
 * expect: !p2/etc/systemd/network/10.network:3:12: error: 52:54:00:12:34:56 is the address of one machine's network card
 * bad:    debian-arm64 | part 2 write /etc/netplan/50-cloud-init.yaml "network:\n  version: 2\n  ethernets:\n    ens3:\n      dhcp4: true\n"
 * expect: !p2/etc/netplan/50-cloud-init.yaml:4:5: error: ens3 is the name of a network card in one place of one machine
 * bad:    debian-arm64 | part 2 write /etc/udev/rules.d/70-persistent-net.rules "# PCI device\nSUBSYSTEM==\"net\", ATTR{address}==\"52:54:00:12:34:56\", NAME=\"eth0\"\n"
 * expect: !p2/etc/udev/rules.d/70-persistent-net.rules:2:35: error: 52:54:00:12:34:56 is the address of one machine's network card
 * bad:    debian-arm64 | part 2 write /etc/NetworkManager/system-connections/a.nmconnection "[connection]\ninterface-name=enp1s0\n"
 * expect: !p2/etc/NetworkManager/system-connections/a.nmconnection:2:16: error: enp1s0 is the name *
 * bad:    debian-arm64 | part 2 write /etc/sysconfig/network-scripts/ifcfg-eth0 "DEVICE=eth0\nHWADDR=\"52:54:00:AB:CD:EF\"\n"
 * expect: !p2/etc/sysconfig/network-scripts/ifcfg-eth0:2:9: error: 52:54:00:AB:CD:EF is the address *
 * bad:    debian-arm64 | part 2 mknod /etc/network/interfaces p
 * expect: : not evaluated: /etc/network/interfaces cannot be read: not a regular file
 */
#include "linux/network.h"
#include "system-help.h"

struct place {
	const char *folder, *prefix, *suffix; /* of files; prefix is the file's whole name where there is no suffix */
	enum network_format format;
};

static const struct place places[] = {
	{ "/etc/udev/rules.d", "", ".rules", NETWORK_UDEV },
	{ "/etc/systemd/network", "", ".link", NETWORK_NETWORKD },
	{ "/etc/systemd/network", "", ".network", NETWORK_NETWORKD },
	{ "/etc/netplan", "", ".yaml", NETWORK_NETPLAN },
	{ "/etc/cloud/cloud.cfg.d", "", ".cfg", NETWORK_NETPLAN },
	{ "/etc/network", "interfaces", NULL, NETWORK_IFUPDOWN },
	{ "/etc/network/interfaces.d", "", "", NETWORK_IFUPDOWN },
	{ "/etc/sysconfig/network-scripts", "ifcfg-", "", NETWORK_IFCFG },
	{ "/etc/sysconfig/network", "ifcfg-", "", NETWORK_IFCFG },
	{ "/etc/NetworkManager/system-connections", "", "", NETWORK_KEYFILE },
};

static bool is_named(const struct place *place, const char *name)
{
	size_t length = strlen(name), prefix = strlen(place->prefix), suffix = place->suffix ? strlen(place->suffix) : 0;

	if (!place->suffix)
		return !strcmp(name, place->prefix);
	return length >= prefix + suffix && !strncmp(name, place->prefix, prefix) &&
	       !strcmp(name + length - suffix, place->suffix) && name[length - 1] != '~';
}

static bool exists(const struct system *system, const char *path)
{
	ARENA_AUTO arena = arena_new(limits_arena_bytes());
	struct fs_entry entry;

	return fs_resolve(system->fs, arena, path, false, &entry, NULL, NULL) == 0;
}

/* cloud-init writes its file anew when it finds that this is another machine, unless somebody keeps it from that. */
static bool is_rewritten(const struct system *system, const char *text)
{
	return (strstr(text, "generated from information provided by") || strstr(text, "Created by cloud-init")) &&
	       exists(system, "/etc/cloud/cloud.cfg") && !exists(system, "/etc/cloud/cloud-init.disabled") &&
	       !exists(system, "/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg");
}

static void judge_file(struct check *check, const struct system *system, const struct place *place, const char *path)
{
	struct network_bound bound;
	const char *resolved;
	struct fs_entry entry;
	struct location at;
	struct diagnostic *d;
	struct error err;
	unsigned count;
	size_t size;
	char *data;
	int r = fs_resolve(system->fs, check->arena, path, false, &entry, &resolved, &err);

	if (r == 0 && !strncmp(resolved, "/usr/", 5))
		return;
	if (r == 0)
		r = boot_read_file(system->fs, check->arena, resolved, LIMIT_CONFIGURATION_BYTES, &data, &size, &err);
	if (r < 0 && (!system_lacks(-r) || system_is_fifo(check, system, path)))
		not_evaluated(check, &err, "%s cannot be read", path);
	if (r < 0 || is_rewritten(system, data))
		return;
	count = network_scan(check->arena, place->format, data, size, &bound);
	if (!count)
		return;
	at = system_place(system, resolved);
	at.line = bound.line;
	at.column = bound.column;
	d = finding_severity(check, system_severity(check, system, check->rule->severity), at,
			     bound.kind == NETWORK_MAC	? "%s is the address of one machine's network card"
			     : bound.kind == NETWORK_NAME ? "%s is the name of a network card in one place of one machine"
							  : "%s is the slot of one machine's network card",
			     bound.value);
	if (count > 1)
		finding_note(check, d, "so are %u more lines of the file", count - 1);
	finding_help(check, d, place->format == NETWORK_UDEV ? "remove the file: udev writes none like it any more"
							      : "match the card by a pattern, such as en*, or leave it out");
}

static void judge(struct check *check, const struct system *system, const struct place *place)
{
	struct fs_entry folder, *entries;
	struct error err;
	size_t count;
	int r;

	r = fs_resolve(system->fs, check->arena, place->folder, false, &folder, NULL, &err);
	if (r == 0 && folder.type != FS_DIRECTORY)
		return;
	if (r == 0)
		r = system->fs->ops->readdir(system->fs, check->arena, folder.handle, &entries, &count, &err);
	if (r < 0) {
		if (!system_lacks(-r))
			not_evaluated(check, &err, "%s cannot be read", place->folder);
		return;
	}
	if (count > LIMIT_CONFIGURATION_FILES)
		not_evaluated(check, NULL, "%s holds more than %d files", place->folder, LIMIT_CONFIGURATION_FILES);
	for (size_t i = 0; i < count && i < LIMIT_CONFIGURATION_FILES; i++)
		if (is_named(place, entries[i].name))
			judge_file(check, system, place, arena_printf(check->arena, "%s/%s", place->folder, entries[i].name));
}

RULE(os_fixed_hardware)
{
	if (system_none(check))
		return;
	for (unsigned i = 0; i < check->image->system_count; i++)
		for (size_t k = 0; k < sizeof(places) / sizeof(*places); k++)
			judge(check, &check->image->systems[i], &places[k]);
}
