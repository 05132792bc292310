/* SPDX-License-Identifier: MIT */
/* device: kinds of names for devices. */
#include "boot/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf16.h"

/* udev writes bytes that a file name may not have as \xNN. */
static const char *udev_decode(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *out = copy;

	for (const char *p = copy; *p; p++) {
		if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
			char c = (char)(hex_digit(p[2]) << 4 | hex_digit(p[3]));

			*out++ = c ? c : '?';
			p += 3;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
	return copy;
}

/* The names that drivers hand out one after the other (Documentation/admin-guide/devices.txt). */
static bool is_node(const char *name)
{
	static const char *const letters[] = { "sd", "hd", "vd", "xvd", "ubd" };
	static const char *const numbers[] = { "nvme", "mmcblk", "loop", "nbd", "sr", "ram", "pmem", "mtdblock",
					       "zram", "rbd", "ubiblock" };

	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		size_t length = strlen(letters[i]);

		if (!strncmp(name, letters[i], length) && name[length] >= 'a' && name[length] <= 'z')
			return true;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		size_t length = strlen(numbers[i]);

		if (!strncmp(name, numbers[i], length) && name[length] >= '0' && name[length] <= '9')
			return true;
	}
	return !strncmp(name, "dasd", 4) && name[4] >= 'a' && name[4] <= 'z';
}

static bool after(const char *text, const char *prefix, const char **ret)
{
	size_t length = strlen(prefix);

	if (strncmp(text, prefix, length) != 0)
		return false;
	*ret = text + length;
	return true;
}

/* "8:1", or the kernel's old form of it, four hexadecimal digits. */
static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits && text[digits] == ':')
		return text[digits + 1] && !text[digits + 1 + strspn(text + digits + 1, "0123456789")];
	return strlen(text) == 4 && strspn(text, "0123456789abcdefABCDEF") == 4 && digits;
}

static enum boot_device_kind dev_kind(struct arena *arena, const char *name, const char **value)
{
	static const struct {
		const char *prefix;
		enum boot_device_kind kind;
		bool encoded;
	} known[] = {
		{ "disk/by-uuid/", BOOT_DEVICE_UUID, true },
		{ "disk/by-label/", BOOT_DEVICE_LABEL, true },
		{ "disk/by-partuuid/", BOOT_DEVICE_PARTUUID, true },
		{ "disk/by-partlabel/", BOOT_DEVICE_PARTLABEL, true },
		{ "disk/by-", BOOT_DEVICE_ID, false },
		{ "mapper/", BOOT_DEVICE_MAPPER, false },
		{ "dm-", BOOT_DEVICE_MAPPER, false },
		{ "md/", BOOT_DEVICE_MD, false },
		{ "gpt-auto-", BOOT_DEVICE_AUTO, false },
		{ "zvol/", BOOT_DEVICE_OTHER, false },
		{ "nfs", BOOT_DEVICE_NETWORK, false },
		{ "cifs", BOOT_DEVICE_NETWORK, false },
		{ "block/", BOOT_DEVICE_NODE, false },
	};

	*value = name;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (after(name, known[i].prefix, value)) {
			if (known[i].encoded)
				*value = udev_decode(arena, *value);
			return known[i].kind;
		}
	if (!strncmp(name, "md", 2) && (name[2] == '_' || (name[2] >= '0' && name[2] <= '9')))
		return BOOT_DEVICE_MD;
	if (is_node(name))
		return BOOT_DEVICE_NODE;
	/* a logical volume: /dev/GROUP/VOLUME */
	if (strchr(name, '/'))
		return BOOT_DEVICE_MAPPER;
	return BOOT_DEVICE_OTHER;
}

static bool has_prefix(const char *text, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(text, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

struct boot_device_name boot_device_parse(struct arena *arena, const char *text)
{
	static const struct {
		const char *tag;
		enum boot_device_kind kind;
	} tags[] = {
		{ "UUID=", BOOT_DEVICE_UUID },           { "LABEL=", BOOT_DEVICE_LABEL },
		{ "PARTUUID=", BOOT_DEVICE_PARTUUID },   { "PARTLABEL=", BOOT_DEVICE_PARTLABEL },
		{ "ID=", BOOT_DEVICE_ID },
	};
	static const char *const network[] = { "nfs:", "nfs4:", "iscsi:", "nbd:", "cifs:", "http:", "https:", "tftp:",
					       "dhcp", "//" };
	static const char *const other[] = { "zfs:", "ZFS=", "zfs=", "zfs", "live:", "liveiso:", "block:", "overlay:",
					     "virtiofs:", "9p:", "ostree:", "mtd:", "ubi", "mount-" };
	struct boot_device_name name = { .kind = BOOT_DEVICE_OTHER, .text = text, .value = text };
	const char *rest;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		size_t length;
		char *value;
		char *slash;

		if (!after(text, tags[i].tag, &rest))
			continue;
		name.kind = tags[i].kind;
		length = strlen(rest);
		if (length >= 2 && (rest[0] == '"' || rest[0] == '\'') && rest[length - 1] == rest[0]) {
			name.quoted = true;
			rest++;
			length -= 2;
		}
		value = arena_strndup(arena, rest, length);
		slash = name.kind == BOOT_DEVICE_PARTUUID ? strstr(value, "/PARTNROFF=") : NULL;
		if (slash) {
			name.partition_offset = strtol(slash + strlen("/PARTNROFF="), NULL, 10);
			*slash = '\0';
		}
		name.value = value;
		return name;
	}
	if (!*text || !strcmp(text, "none")) {
		name.kind = BOOT_DEVICE_NONE;
	} else if (after(text, "/dev/", &rest)) {
		name.kind = dev_kind(arena, rest, &name.value);
	} else if (!strcmp(text, "gpt-auto") || !strcmp(text, "gpt-auto-force") || !strcmp(text, "tmpfs")) {
		name.kind = BOOT_DEVICE_AUTO;
	} else if (has_prefix(text, network, sizeof(network) / sizeof(*network)) || strstr(text, ":/")) {
		name.kind = BOOT_DEVICE_NETWORK;
	} else if (has_prefix(text, other, sizeof(other) / sizeof(*other))) {
		name.kind = BOOT_DEVICE_OTHER;
	} else if (*text == '/') {
		name.kind = BOOT_DEVICE_PATH;
	} else if (is_number(text) || is_node(text)) {
		name.kind = BOOT_DEVICE_NODE;
	}
	return name;
}

/* Names that the kernel gives to disks of hardware; others (nbd0, ram0, loop0, zram0) are made on purpose. */
static bool is_disk(const char *node)
{
	static const char *const disks[] = { "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "ubd", "dasd", "pmem" };

	/* 254:2, or fe02 */
	return has_prefix(node, disks, sizeof(disks) / sizeof(*disks)) || (*node >= '0' && *node <= '9');
}

bool boot_device_is_fixed(const struct boot_device_name *name)
{
	/* by-id has names of software's making, too, which are the same everywhere: dm-name-, dm-uuid-, md-name-, md-uuid-,
	 * lvm-pv-uuid- */
	static const char *const ids[] = { "path/",      "diskseq/", "id/virtio-", "id/scsi-", "id/ata-",
					   "id/nvme-",   "id/wwn-",  "id/usb-",    "id/mmc-",  "id/ieee1394-" };

	bool tag = !strncmp(name->text, "ID=", 3); /* what is below by-id */
	const char *rest;

	if (name->kind == BOOT_DEVICE_NODE)
		return is_disk(name->value);
	for (size_t i = 0; name->kind == BOOT_DEVICE_ID && i < sizeof(ids) / sizeof(*ids); i++)
		if (after(name->value, ids[i] + (tag && after(ids[i], "id/", &rest) ? 3 : 0), &rest))
			return true;
	return false;
}
