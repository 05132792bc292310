/* SPDX-License-Identifier: MIT */
/* services: calls the firmware's time and variable services and writes down what they answer; puts back what it changed. */
#include "record.h"

/* Ours alone, so that no variable of the firmware or a system is touched. */
const struct efi_guid vmlint_guid = { 0x5a3c6e0b, 0x8f1d, 0x4c57, { 0x9a, 0x21, 0x7d, 0x0e, 0x4b, 0x6f, 0x2c, 0x38 } };

static void put_two(struct record *r, unsigned value)
{
	put_char(r, (char)('0' + value / 10 % 10));
	put_char(r, (char)('0' + value % 10));
}

static void put_time(struct record *r, const char *key, const struct efi_time *t)
{
	put_char(r, ' ');
	put(r, key);
	put_char(r, '=');
	put_decimal(r, t->year);
	put_char(r, '-');
	put_two(r, t->month);
	put_char(r, '-');
	put_two(r, t->day);
	put_char(r, 'T');
	put_two(r, t->hour);
	put_char(r, ':');
	put_two(r, t->minute);
	put_char(r, ':');
	put_two(r, t->second);
}

void record_time(struct record *r, struct efi_runtime *rt)
{
	struct efi_time_capabilities can = { 0 };
	struct efi_time was = { 0 }, changed, now = { 0 };
	efi_status status = rt->get_time(&was, &can);
	int step;

	put(r, "probe-time");
	put_key_hex(r, "get", status);
	if (status == EFI_SUCCESS) {
		put_time(r, "time", &was);
		put_key_hex(r, "zone", (uint16_t)was.zone);
		put_key_hex(r, "daylight", was.daylight);
		put_key(r, "resolution", can.resolution);
		put_key(r, "accuracy", can.accuracy);
	}
	put_char(r, '\n');
	if (status != EFI_SUCCESS)
		return;
	/* an hour that stays in the day, so that no calendar is needed to go there and back */
	step = was.hour < 22 ? 1 : -1;
	changed = was;
	changed.hour = (uint8_t)(was.hour + step);
	status = rt->set_time(&changed);
	put(r, "probe-time-set");
	put_key_hex(r, "set", status);
	put_time(r, "to", &changed);
	if (status == EFI_SUCCESS) {
		status = rt->get_time(&now, &can);
		put_key_hex(r, "get", status);
		if (status == EFI_SUCCESS) {
			put_time(r, "time", &now);
			now.hour = (uint8_t)(now.hour - step);
		} else {
			now = was;
		}
		put_key_hex(r, "restored", rt->set_time(&now));
	}
	put_char(r, '\n');
}

static void one_variable(struct record *r, struct efi_runtime *rt, const char *kind, uint32_t attributes)
{
	static const efi_char name[] = L"VmlintProbeTest";
	static const char written[8] = "vmlint!";
	char found[16] = { 0 };
	uint64_t size = sizeof(found);
	uint32_t got = 0;
	efi_status status = rt->set_variable(name, &vmlint_guid, attributes, sizeof(written), written);
	bool same;

	put(r, "probe-variable kind=");
	put(r, kind);
	put_key_hex(r, "set", status);
	status = rt->get_variable(name, &vmlint_guid, &got, &size, found);
	put_key_hex(r, "get", status);
	same = status == EFI_SUCCESS && size == sizeof(written);
	for (size_t i = 0; same && i < sizeof(written); i++)
		same = found[i] == written[i];
	put(r, same ? " same=yes" : " same=no");
	put_key_hex(r, "attributes", got);
	put_key_hex(r, "delete", rt->set_variable(name, &vmlint_guid, attributes, 0, NULL));
	size = sizeof(found);
	put_key_hex(r, "after", rt->get_variable(name, &vmlint_guid, &got, &size, found));
	put_char(r, '\n');
}

void record_variables(struct record *r, struct efi_runtime *rt)
{
	const uint32_t attributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME;
	uint64_t storage = 0, left = 0, largest = 0;

	one_variable(r, rt, "volatile", EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME);
	one_variable(r, rt, "non-volatile", attributes);
	/* the call came with revision 2 of the runtime services */
	if (rt->header.revision < 0x20000)
		return;
	put(r, "probe-variable-store");
	put_key_hex(r, "query", rt->query_variable_info(attributes, &storage, &left, &largest));
	put_key(r, "storage", storage);
	put_key(r, "left", left);
	put_key(r, "largest", largest);
	put_char(r, '\n');
}

/* The value of KEY= in a line of settings, and how long it is; 0 if there is no such word. */
static size_t setting(const char *settings, size_t size, const char *key, const char **ret)
{
	for (size_t at = 0; at < size; at++) {
		size_t n = 0, end;

		while (key[n] && at + n < size && settings[at + n] == key[n])
			n++;
		if (key[n] || (at && settings[at - 1] != ' '))
			continue;
		*ret = settings + at + n;
		for (end = at + n; end < size && settings[end] != ' ';)
			end++;
		return end - at - n;
	}
	return 0;
}

static void put_plain(struct record *r, const char *key, const char *text, size_t size)
{
	put_char(r, ' ');
	put(r, key);
	put_char(r, '=');
	for (size_t i = 0; i < size; i++)
		put_byte(r, (uint8_t)text[i]);
}

#define KEPT_MAXIMUM 64

static void read_kept(struct record *r, struct efi_runtime *rt, const efi_char *name)
{
	char found[KEPT_MAXIMUM];
	uint64_t size = sizeof(found);
	uint32_t attributes = 0;
	efi_status status = rt->get_variable(name, &vmlint_guid, &attributes, &size, found);

	put_key_hex(r, "get", status);
	if (status == EFI_SUCCESS) {
		put_plain(r, "value", found, size);
		put_key_hex(r, "attributes", attributes);
	}
}

void record_kept(struct record *r, struct efi_runtime *rt, const char *settings, size_t settings_size)
{
	static const efi_char name[] = L"VmlintProbeKept";
	const uint32_t attributes = EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME;
	const char *what, *value;
	size_t size = setting(settings, settings_size, "vmlint.variable=", &what);
	size_t length = setting(settings, settings_size, "vmlint.nonce=", &value);

	if (!size || !length || length > KEPT_MAXIMUM)
		return;
	put(r, "probe-kept name=VmlintProbeKept");
	put_plain(r, "do", what, size);
	switch (*what) {
	case 'w':
		put_plain(r, "wanted", value, length);
		put_key_hex(r, "set", rt->set_variable(name, &vmlint_guid, attributes, length, value));
		break;
	case 'r':
		read_kept(r, rt, name);
		break;
	case 'd':
		read_kept(r, rt, name);
		put_key_hex(r, "delete", rt->set_variable(name, &vmlint_guid, attributes, 0, NULL));
		break;
	}
	put_char(r, '\n');
}

void record_memory(struct record *r, struct efi_boot *boot)
{
	uint64_t size = 0, key, stride = 0;
	uint32_t version;
	void *map;

	if (boot->get_memory_map(&size, NULL, &key, &stride, &version) != EFI_BUFFER_TOO_SMALL ||
	    stride < sizeof(struct efi_memory))
		return;
	/* taking the memory may split a range or two */
	size += 8 * stride;
	if (boot->allocate_pool(EFI_LOADER_DATA, size, &map) != EFI_SUCCESS)
		return;
	if (boot->get_memory_map(&size, map, &key, &stride, &version) == EFI_SUCCESS) {
		for (uint64_t at = 0; at + stride <= size; at += stride) {
			const struct efi_memory *m = (const struct efi_memory *)((const char *)map + at);

			put(r, "probe-memory");
			put_key(r, "type", m->type);
			put_key_hex(r, "base", m->physical);
			put_key_hex(r, "pages", m->pages);
			put_key_hex(r, "attributes", m->attributes);
			put_char(r, '\n');
		}
	}
	boot->free_pool(map);
}
