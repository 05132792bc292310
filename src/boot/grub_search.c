/* SPDX-License-Identifier: MIT */
/* grub_search: finding devices: search and its older forms (commands/search_wrap.c, search.c), and probe. */
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "boot/grub_vm.h"

struct query {
	char kind; /* as in struct grub_search */
	const char *variable; /* NULL: none is set */
	const struct boot_text *key;
	const struct boot_text *hints[32];
	size_t hint_count;
	bool root_only;
};

/* Does the device match?  MISSING: no. */
static enum grub_found matches(struct grub_vm *vm, const struct query *q, const struct boot_device *device,
			       const char **reason)
{
	const char *have = NULL;

	switch (q->kind) {
	case 'u':
		have = device->uuid;
		break;
	case 'p':
		have = device->partition_uuid;
		break;
	case 'l':
		return device->label && !strcmp(device->label, q->key->text) ? GRUB_FOUND : GRUB_MISSING;
	default: {
		const char *name = arena_printf(vm->arena, "(%s)%s", device->name, q->key->text);
		struct boot_text text = { .text = name, .length = strlen(name) };
		struct grub_file file;

		vm->bytes += text.length + 1;
		grub_find(vm, &text, &file, NULL, NULL);
		if (file.found == GRUB_NOT_KNOWN)
			*reason = file.reason;
		return file.found;
	}
	}
	return have && !ascii_casecmp(have, q->key->text) ? GRUB_FOUND : GRUB_MISSING;
}

static bool same_disk(const char *a, const char *b)
{
	size_t length = strcspn(a, ",");

	return strcspn(b, ",") == length && !strncmp(a, b, length);
}

static const struct boot_device *find(struct grub_vm *vm, const struct query *q, const char **reason)
{
	const char *root = grub_get_text(vm, "root");

	for (size_t i = 0; i < q->hint_count; i++) {
		const struct boot_device *device;

		if (q->hints[i]->unknown)
			continue;
		device = grub_device(vm, q->hints[i]->text);
		if (device && matches(vm, q, device, reason) == GRUB_FOUND)
			return device;
	}
	/* for a file those devices come last that are slow to open: only if no other has it */
	for (int pass = 0; pass < (q->kind == 'f' ? 2 : 1); pass++) {
		for (size_t i = 0; i < vm->world->device_count; i++) {
			const struct boot_device *device = &vm->world->devices[i];

			if (q->root_only && root && *root && !same_disk(root, device->name))
				continue;
			if (q->kind == 'f' && device->slow != (pass == 1))
				continue;
			if (matches(vm, q, device, reason) == GRUB_FOUND)
				return device;
		}
	}
	return NULL;
}

static void record(struct grub_vm *vm, const struct grub_search *search)
{
	for (size_t i = 0; i < vm->search_count; i++)
		if (grub_same_place(&vm->searches[i].place, &search->place) && vm->searches[i].kind == search->kind &&
		    vm->searches[i].device == search->device && !strcmp(vm->searches[i].key.text, search->key.text))
			return;
	if (vm->search_count < LIMIT_GRUB_RECORDS)
		vm->searches[vm->search_count++] = *search;
	else
		limit_error(NULL, "GRUB searches for file systems more than %d times", LIMIT_GRUB_RECORDS);
}

static struct grub_status run(struct grub_vm *vm, const struct grub_call *call, const struct query *q)
{
	struct grub_search search = { .kind = q->kind, .key = *q->key, .found = GRUB_MISSING };
	const char *reason = q->key->unknown;

	search.place = boot_text_place(q->key, 0);
	if (!search.place.source)
		search.place = call->place;
	if (!reason) {
		search.device = find(vm, q, &reason);
		/* a device that was found although another could not be read may come second: take it */
		if (search.device)
			reason = NULL;
		else if (!reason)
			reason = vm->world->hidden;
	}
	search.found = search.device ? GRUB_FOUND : reason ? GRUB_NOT_KNOWN : GRUB_MISSING;
	record(vm, &search);
	if (search.device && q->variable)
		grub_set_string(vm, q->variable, search.device->name);
	if (search.found == GRUB_NOT_KNOWN) {
		if (q->variable)
			grub_set_unknown(vm, q->variable, reason, search.place);
		return grub_not_known(vm, call->place, reason);
	}
	return search.device ? grub_ok() : grub_failed();
}

/* search.fs_uuid KEY [VARIABLE [HINT...]] and its like */
static struct grub_status old_form(struct grub_vm *vm, const struct grub_call *call, struct query *q)
{
	if (!call->count)
		return grub_failed();
	q->key = &call->args[0];
	if (call->count > 1)
		q->variable = call->args[1].text;
	for (size_t i = 2; i < call->count && q->hint_count < 32; i++)
		q->hints[q->hint_count++] = &call->args[i];
	return run(vm, call, q);
}

enum {
	FILE_, LABEL, FS_LABEL, FS_UUID, PART_UUID, PARTUUID, SET, NO_FLOPPY, EFIDISK_ONLY, ROOT_DEV_ONLY, HINT, HINT_EFI,
	HINT_BAREMETAL,
};

static const struct grub_option search_options[] = {
	[FILE_] = { "file", 'f', false },
	[LABEL] = { "label", 'l', false },
	[FS_LABEL] = { "fs-label", 0, false },
	[FS_UUID] = { "fs-uuid", 'u', false },
	[PART_UUID] = { "part-uuid", 'p', false },
	[PARTUUID] = { "partuuid", 0, false },
	[SET] = { "set", 's', true },
	[NO_FLOPPY] = { "no-floppy", 'n', false },
	[EFIDISK_ONLY] = { "efidisk-only", 0, false },
	[ROOT_DEV_ONLY] = { "root-dev-only", 'r', false },
	[HINT] = { "hint", 'h', true },
	[HINT_EFI] = { "hint-efi", 0, true },
	[HINT_BAREMETAL] = { "hint-baremetal", 0, true },
	/* of no consequence here */
	{ "hint-bios", 0, true },
	{ "hint-ieee1275", 0, true },
	{ "hint-arc", 0, true },
	{ 0 },
};

struct grub_status grub_cmd_search(struct grub_vm *vm, const struct grub_call *call)
{
	struct grub_options options = { .call = call, .options = search_options };
	const struct boot_text *set = NULL, *value;
	struct query q = { 0 };
	bool has_set = false;
	int option;

	if (!strcmp(call->name, "search.fs_uuid") || !strcmp(call->name, "search.part_uuid"))
		q.kind = call->name[7] == 'f' ? 'u' : 'p';
	else if (!strcmp(call->name, "search.fs_label"))
		q.kind = 'l';
	else if (!strcmp(call->name, "search.file"))
		q.kind = 'f';
	if (q.kind)
		return old_form(vm, call, &q);

	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		switch (option) {
		case GRUB_ARGUMENT:
			if (!q.key)
				q.key = value;
			break;
		case FILE_:
			q.kind = 'f';
			break;
		case LABEL:
		case FS_LABEL:
			q.kind = 'l';
			break;
		case FS_UUID:
			q.kind = 'u';
			break;
		case PART_UUID:
		case PARTUUID:
			q.kind = 'p';
			break;
		case SET:
			has_set = true;
			set = value;
			break;
		case ROOT_DEV_ONLY:
			q.root_only = true;
			break;
		case HINT:
		case HINT_EFI:
		case HINT_BAREMETAL:
			if (value && q.hint_count < sizeof(q.hints) / sizeof(*q.hints))
				q.hints[q.hint_count++] = value;
			break;
		default:
			break;
		}
	}
	if (has_set)
		q.variable = set ? set->text : "root";
	if (!q.key && set) {
		q.key = set;
		q.variable = "root";
	}
	if (!q.key || !q.kind)
		return grub_failed();
	return run(vm, call, &q);
}

/* probe [--set VARIABLE] --fs|--fs-uuid|--label|--part-uuid DEVICE */
struct grub_status grub_cmd_probe(struct grub_vm *vm, const struct grub_call *call)
{
	static const struct grub_option known[] = {
		{ "set", 's', true },	 { "fs", 'f', false },	       { "fs-uuid", 'u', false },
		{ "label", 'l', false }, { "part-uuid", 0, false }, { 0 },
	};
	struct grub_options options = { .call = call, .options = known };
	const struct boot_text *name = NULL, *value;
	const struct boot_device *device;
	const char *variable = NULL, *found = NULL;
	char kind = 0, *plain;
	int option;

	while ((option = grub_next_option(vm, &options, &value)) != GRUB_OPTION_END) {
		if (option == GRUB_ARGUMENT)
			name = value;
		else if (option == 0)
			variable = value ? value->text : NULL;
		else if (option > 0)
			kind = "sfulp"[option];
	}
	if (!name || !kind || name->unknown) {
		const char *reason = name && name->unknown ? name->unknown : "what probe asks for cannot be evaluated";

		if (variable)
			grub_set_unknown(vm, variable, reason, call->place);
		return grub_not_known(vm, call->place, reason);
	}
	plain = arena_strdup(vm->arena, name->text + (name->text[0] == '('));
	plain[strcspn(plain, ")")] = '\0';
	device = grub_device(vm, plain);
	if (device)
		found = kind == 'f' ? device->fs_type : kind == 'u' ? device->uuid : kind == 'l' ? device->label
												 : device->partition_uuid;
	if (!found)
		return grub_failed();
	/* GRUB's names for ext4's family and FAT */
	if (kind == 'f' && (!strcmp(found, "ext3") || !strcmp(found, "ext4")))
		found = "ext2";
	else if (kind == 'f' && !strcmp(found, "vfat"))
		found = "fat";
	if (variable)
		grub_set_string(vm, variable, found);
	return grub_ok();
}
