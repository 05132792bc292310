/* SPDX-License-Identifier: MIT */
/* test_network: what in files of network configuration is bound to hardware, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "linux/network.h"

struct example {
	enum network_format format;
	const char *text;
	unsigned count;
	const char *value; /* of the first; NULL: none is bound */
	unsigned line, column;
};

static const struct example examples[] = {
	{ NETWORK_NETWORKD, "[Match]\nName=ens3\n", 1, "ens3", 2, 6 },
	{ NETWORK_NETWORKD, "[Match]\nName = \"enp1s0f0np0\" eno1\n", 1, "enp1s0f0np0", 2, 9 },
	{ NETWORK_NETWORKD, "[Match]\nName=ens3 en*\n", 0, NULL, 0, 0 },
	{ NETWORK_NETWORKD, "[Match]\nName=eth0\n[Network]\nName=ens3\nDHCP=yes\n", 0, NULL, 0, 0 },
	{ NETWORK_NETWORKD, "[Match]\nName=en*\n[Link]\nMACAddress=52-54-00-aa-bb-cc\n", 0, NULL, 0, 0 },
	{ NETWORK_NETWORKD, "[Match]\nPermanentMACAddress=52-54-00-aa-bb-cc\n", 1, "52-54-00-aa-bb-cc", 2, 21 },
	{ NETWORK_NETWORKD, "[Match]\nPath=pci-0000:00:03.0\n", 1, "pci-0000:00:03.0", 2, 6 },
	{ NETWORK_NETWORKD, "[Match]\nPath=pci-0000:00:*\nMACAddress=ff:ff:ff:ff:ff:ff\n", 0, NULL, 0, 0 },
	{ NETWORK_NETWORKD, "[Match]\n#Name=ens3\n;Name=ens3\nOriginalName=enx525400123456\r\n", 1, "enx525400123456", 4, 14 },
	{ NETWORK_NETPLAN, "network:\n  ethernets:\n    \"enp0s1\": {dhcp4: true}\n", 1, "enp0s1", 3, 6 },
	{ NETWORK_NETPLAN, "  ethernets:\n    ens3:\n\n      # x\n      match: {name: \"en*\"}\n    other:\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    ens3:\n      match:\n        macaddress: '52:54:00:12:34:56'\n", 1, "52:54:00:12:34:56", 3, 22 },
	{ NETWORK_NETPLAN, "    ens3:\n      dhcp4: true\n    ens4:\n      match:\n        name: en*\n", 1, "ens3", 1, 5 },
	{ NETWORK_NETPLAN, "    nic:\n      match: {macaddress: 52:54:00:12:34:56}\n", 1, "52:54:00:12:34:56", 2, 27 },
	{ NETWORK_NETPLAN, "    config:\n    - type: physical\n      name: ens3\n      mac_address: \"52:54:00:12:34:56\"\n", 2,
	  "ens3", 3, 13 },
	{ NETWORK_NETPLAN, "    all:\n      match: {macaddress: \"52:54:00:*\"}\n      nameservers: [x]\n", 0, NULL, 0, 0 },
	{ NETWORK_IFUPDOWN, "auto ens3\niface ens3 inet dhcp\niface lo inet loopback\n", 1, "ens3", 2, 7 },
	{ NETWORK_IFUPDOWN, "auto eth0\niface eth0 inet dhcp\n  hwaddress ether 52:54:00:12:34:56\n  hwaddress 52:54:00:12:34:56",
	  0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "  bridges:\n    br0:\n      macaddress: 02:00:00:00:00:01\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    a:\n      match: {name: 'e*'}\n      macaddress: 02:00:00:00:00:01\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    a:\n      match:\n        name: 'e*'\n\n      macaddress: 02:00:00:00:00:01\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    a: {match: {name: \"e*\"}, macaddress: 02:00:00:00:00:01}\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    a: {macaddress: 02:00:00:00:00:01, match: {macaddress: 52:54:00:12:34:56}}\n", 1,
	  "52:54:00:12:34:56", 1, 60 },
	{ NETWORK_NETPLAN, "    a:\n      match:\n        # x\n        name: 'e*'\n        macaddress: 52:54:00:12:34:56\n", 1,
	  "52:54:00:12:34:56", 5, 21 },
	{ NETWORK_NETPLAN, "    - type: bond\n      name: bond0\n      mac_address: 52:54:00:12:34:56\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    - name: br0\n      mac_address: 52:54:00:12:34:56\n      type: bridge\n", 0, NULL, 0, 0 },
	{ NETWORK_NETPLAN, "    - mac_address: 52:54:00:12:34:56\n      subnets:\n        - type: dhcp\n      type: physical\n",
	  1,
	  "52:54:00:12:34:56", 1, 20 },
	{ NETWORK_NETPLAN, "    - {type: physical, name: a, mac_address: 52:54:00:12:34:56}\n", 1, "52:54:00:12:34:56", 1, 46 },
	{ NETWORK_NETPLAN, "macaddress: 02:00:00:00:00:01", 0, NULL, 0, 0 },
	{ NETWORK_IFUPDOWN, "iface /en* inet dhcp\niface en* inet dhcp\niface", 0, NULL, 0, 0 },
	{ NETWORK_IFCFG, "DEVICE=enX0\nHWADDR=52:54:00:12:34:56\n", 2, "enX0", 1, 8 },
	{ NETWORK_IFCFG, "DEVICE='eth0'\nHWADDR=\nNAME=ens3", 0, NULL, 0, 0 },
	{ NETWORK_KEYFILE, "[ethernet]\nmac-address=52:54:00:12:34:56\n", 1, "52:54:00:12:34:56", 2, 13 },
	{ NETWORK_IFCFG, "DEVICE=eth0\nMACADDR=52:54:00:12:34:56\nLLADDR=52:54:00:12:34:56\n", 0, NULL, 0, 0 },
	{ NETWORK_KEYFILE, "[ethernet]\ncloned-mac-address=52:54:00:12:34:56\n[bridge]\nmac-address=52:54:00:12:34:56\n",
	  0, NULL, 0, 0 },
	{ NETWORK_KEYFILE, "[ethernet]\ncloned-mac-address=stable\n[match]\ninterface-name=en*;eth*;\n", 0, NULL, 0, 0 },
	{ NETWORK_UDEV, "SUBSYSTEM==\"net\", KERNELS==\"0000:00:03.0\", NAME:=\"lan\"", 1, "0000:00:03.0", 1, 29 },
	{ NETWORK_UDEV, "KERNELS==\"0000:00:03.0\", ATTR{x}=\"y\"\nATTR{address}==\"52:54:00:*\", NAME=\"eth0\"\n", 0,
	  NULL, 0, 0 },
	{ NETWORK_UDEV, "ATTRS{address}==\"52:54:00:12:34:56", 1, "52:54:00:12:34:56", 1, 18 },
	{ NETWORK_UDEV, "", 0, NULL, 0, 0 },
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *e = &examples[i];
		ARENA_AUTO arena = arena_new(MiB);
		struct network_bound bound = { 0 };
		unsigned count = network_scan(arena, e->format, e->text, strlen(e->text), &bound);

		if (count != e->count)
			fail_msg("example %zu: %u lines, not %u:\n%s", i, count, e->count, e->text);
		if (!e->value)
			continue;
		assert_string_equal(bound.value, e->value);
		if (bound.line != e->line || bound.column != e->column)
			fail_msg("example %zu: at %u:%u, not %u:%u", i, bound.line, bound.column, e->line, e->column);
	}
}

static void test_names(void **state)
{
	static const char *const bound[] = { "ens3", "enp0s3", "enP2p1s0", "eno1", "enp1s0f1np1", "wlp2s0", "end0", "enX0",
					     "enx525400123456", "ibp1s0" };
	static const char *const free[] = { "eth0", "lo", "en*", "en", "ens", "enx1", "end", "enp*s0", "bond0", "enterprise",
					    "ens3.100", "net0", "wlan0" };

	(void)state;
	for (size_t i = 0; i < sizeof(bound) / sizeof(*bound); i++)
		if (!network_is_bound_name(bound[i], strlen(bound[i])))
			fail_msg("%s is bound", bound[i]);
	for (size_t i = 0; i < sizeof(free) / sizeof(*free); i++)
		if (network_is_bound_name(free[i], strlen(free[i])))
			fail_msg("%s is not bound", free[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_examples), cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
