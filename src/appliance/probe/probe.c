/* SPDX-License-Identifier: MIT */
/* probe: the EFI application at the appliance's removable-media path.  It writes down what the firmware shows before any
 * system runs, and starts the kernel, \EFI\vmlint\appliance.efi.
 *
 * The record goes three ways: its short part to the console and into a volatile variable, all of it into reserved memory,
 * whose place the kernel's command line tells (vmlint.probe=ADDRESS,SIZE,CRC).  The command line is the text of
 * \EFI\vmlint\settings.txt, so that who starts the virtual machine can change it without another build.
 */
#include "record.h"

#define RECORD_PAGES 256
#define SETTINGS_SIZE 2048

static const struct efi_guid acpi_guid = { 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static const struct efi_guid tree_guid = { 0xb1b621d5, 0xf19c, 0x41a5, { 0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 } };
static const struct efi_guid image_guid = { 0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct efi_guid path_guid = { 0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct efi_guid volume_guid = { 0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system);

static void show(struct efi_system *system, const char *text, size_t size)
{
	efi_char line[128];
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			line[n++] = '\r';
		line[n++] = (uint8_t)text[i];
		if (n >= 120 || text[i] == '\n' || i == size - 1) {
			line[n] = 0;
			system->out->output(system->out, line);
			n = 0;
		}
	}
}

static efi_status fail(struct efi_system *system, const char *what, efi_status status)
{
	char text[160];
	struct record r = { text, 0, sizeof(text), false };

	put(&r, "vmlint probe: ");
	put(&r, what);
	put(&r, ": status ");
	put_hex(&r, status);
	put_char(&r, '\n');
	show(system, r.text, r.size);
	return status;
}

static void record_firmware(struct record *r, struct efi_system *system, const struct efi_loaded_image *image)
{
	const struct efi_device_path *path = image->path;
	uint64_t level;

	put(r, "guest format=1\nprobe-firmware");
	put_key_hex(r, "uefi", system->header.revision);
	put(r, " vendor=");
	put_escaped(r, system->vendor, 64);
	put_key_hex(r, "revision", system->vendor_revision);
#ifdef __aarch64__
	__asm__ volatile("mrs %0, CurrentEL" : "=r"(level));
	put(r, " machine=aarch64");
	put_key(r, "exception-level", level >> 2 & 3);
#else
	__asm__ volatile("mov %%cs, %0" : "=r"(level));
	put(r, " machine=x86_64");
	put_key(r, "ring", level & 3);
#endif
	put_key_hex(r, "system-table", (uint64_t)(uintptr_t)system);
	put_char(r, '\n');
	if (path && path->type == 4 && path->subtype == 4) {
		put(r, "probe-started path=");
		put_escaped(r, (const efi_char *)(path + 1), ((size_t)(path->length[0] | path->length[1] << 8) - 4) / 2);
		put_char(r, '\n');
	}
	for (uint64_t i = 0; i < system->table_count; i++) {
		put(r, "probe-table guid=");
		put_guid(r, &system->tables[i].guid);
		put_key_hex(r, "address", (uint64_t)(uintptr_t)system->tables[i].address);
		put_char(r, '\n');
	}
}

/* What this processor says of itself: ID registers, and the counter that all time comes from.  All may be read at EL1. */
static void record_registers(struct record *r)
{
#ifdef __aarch64__
	uint64_t midr, mpidr, features, frequency, first, now;
	unsigned tries = 0;

	__asm__ volatile("mrs %0, midr_el1" : "=r"(midr));
	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
	__asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(features));
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(first));
	do
		__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now));
	while (now == first && ++tries < 1000000);
	put(r, "probe-registers");
	put_key_hex(r, "midr", midr);
	put_key_hex(r, "mpidr", mpidr);
	put_key_hex(r, "pfr0", features);
	put_key(r, "frequency", frequency);
	put_key(r, "counter", first);
	put_key(r, "later", now);
	put_char(r, '\n');
#else
	(void)r;
#endif
}

static void record_tables(struct record *r, struct efi_system *system)
{
	for (uint64_t i = 0; i < system->table_count; i++) {
		const struct efi_table *t = &system->tables[i];

		if (t->address && guid_same(&t->guid, &acpi_guid))
			record_acpi(r, t->address);
		if (t->address && guid_same(&t->guid, &tree_guid))
			record_device_tree(r, t->address);
	}
}

/* The text of our settings, and what else of the volume that we came from tells of the firmware. */
struct settings {
	char text[SETTINGS_SIZE + 128];
	size_t size;
};

static bool has_file(struct efi_file *root, const efi_char *name)
{
	struct efi_file *file;

	if (root->open(root, &file, name, 1, 0) != EFI_SUCCESS)
		return false;
	file->close(file);
	return true;
}

/* The first line of \EFI\vmlint\settings.txt as the kernel's command line; empty if there is none. */
static void read_settings(struct efi_file *root, struct settings *settings)
{
	struct efi_file *file;
	uint64_t size = SETTINGS_SIZE;
	size_t n = 0;

	if (root->open(root, &file, L"\\EFI\\vmlint\\settings.txt", 1, 0) != EFI_SUCCESS)
		return;
	if (file->read(file, &size, settings->text) == EFI_SUCCESS) {
		while (n < size && (uint8_t)settings->text[n] >= ' ')
			n++;
		while (n && settings->text[n - 1] == ' ')
			n--;
	}
	file->close(file);
	settings->size = n;
}

static void read_volume(struct record *r, struct efi_system *system, efi_handle device, struct settings *settings)
{
	struct efi_file_system *volume;
	struct efi_file *root;

	if (system->boot->handle_protocol(device, &volume_guid, (void **)&volume) != EFI_SUCCESS ||
	    volume->open_volume(volume, &root) != EFI_SUCCESS)
		return;
	read_settings(root, settings);
	/* U-Boot's store, and OVMF's where it has no flash */
	if (has_file(root, L"\\ubootefi.var"))
		put(r, "probe-store file=ubootefi.var\n");
	if (has_file(root, L"\\NvVars"))
		put(r, "probe-store file=NvVars\n");
	root->close(root);
}

/* The path of a file on the volume that we came from. */
static struct efi_device_path *file_path(struct efi_system *system, efi_handle device, const efi_char *name, size_t name_size)
{
	const uint8_t *volume;
	uint8_t *path;
	size_t size = 0;

	if (system->boot->handle_protocol(device, &path_guid, (void **)&volume) != EFI_SUCCESS)
		return NULL;
	while (!(volume[size] == 0x7f && volume[size + 1] == 0xff)) {
		size_t length = volume[size + 2] | (size_t)volume[size + 3] << 8;

		if (length < 4 || size > 4096)
			return NULL;
		size += length;
	}
	if (system->boot->allocate_pool(EFI_LOADER_DATA, size + 4 + name_size + 4, (void **)&path) != EFI_SUCCESS)
		return NULL;
	for (size_t i = 0; i < size; i++)
		path[i] = volume[i];
	path[size] = 4; /* media device path, file path */
	path[size + 1] = 4;
	path[size + 2] = (uint8_t)(4 + name_size);
	path[size + 3] = (uint8_t)((4 + name_size) >> 8);
	for (size_t i = 0; i < name_size; i++)
		path[size + 4 + i] = ((const uint8_t *)name)[i];
	size += 4 + name_size;
	path[size] = 0x7f;
	path[size + 1] = 0xff;
	path[size + 2] = 4;
	path[size + 3] = 0;
	return (struct efi_device_path *)path;
}

static efi_status start(struct efi_system *system, efi_handle self, struct efi_loaded_image *image, struct settings *settings,
			const struct record *r)
{
	static const efi_char name[] = L"\\EFI\\vmlint\\appliance.efi";
	static efi_char options[SETTINGS_SIZE + 128];
	struct record line = { settings->text, settings->size, sizeof(settings->text) - 1, false };
	struct efi_device_path *path = file_path(system, image->device, name, sizeof(name));
	struct efi_loaded_image *kernel;
	efi_handle handle;
	efi_status status;

	if (!path)
		return fail(system, "the volume has no device path", EFI_NOT_FOUND);
	status = system->boot->load_image(0, self, path, NULL, 0, &handle);
	if (status != EFI_SUCCESS)
		return fail(system, "cannot load \\EFI\\vmlint\\appliance.efi", status);
	status = system->boot->handle_protocol(handle, &image_guid, (void **)&kernel);
	if (status != EFI_SUCCESS)
		return fail(system, "the kernel's image has no handle", status);
	put(&line, " vmlint.probe=");
	put_hex(&line, (uint64_t)(uintptr_t)r->text);
	put_char(&line, ',');
	put_decimal(&line, r->size);
	put_char(&line, ',');
	put_hex(&line, record_crc32(r->text, r->size));
	for (size_t i = 0; i < line.size; i++)
		options[i] = (uint8_t)line.text[i];
	kernel->options = options;
	kernel->options_size = (uint32_t)((line.size + 1) * sizeof(efi_char));
	status = system->boot->start_image(handle, NULL, NULL);
	return fail(system, "the kernel came back", status);
}

efi_status EFIAPI efi_main(efi_handle self, struct efi_system *system)
{
	struct efi_boot *boot = system->boot;
	struct efi_loaded_image *image;
	static struct settings settings;
	struct record r = { NULL, 0, RECORD_PAGES * 4096, false };
	uint64_t address = 0;
	efi_status status;

	status = boot->handle_protocol(self, &image_guid, (void **)&image);
	if (status != EFI_SUCCESS)
		return fail(system, "no loaded image", status);
	status = boot->allocate_pages(0, EFI_RESERVED_MEMORY, RECORD_PAGES, &address);
	if (status != EFI_SUCCESS)
		return fail(system, "no memory for the record", status);
	r.text = (char *)(uintptr_t)address;
	record_firmware(&r, system, image);
	record_registers(&r);
	record_time(&r, system->runtime);
	record_variables(&r, system->runtime);
	read_volume(&r, system, image->device, &settings);
	record_kept(&r, system->runtime, settings.text, settings.size);
	/* what stands so far is short; the rest is for a program */
	show(system, r.text, r.size);
	status = system->runtime->set_variable(L"VmlintProbe", &vmlint_guid, EFI_VARIABLE_BOOTSERVICE | EFI_VARIABLE_RUNTIME,
					       r.size, r.text);
	put(&r, "probe-left");
	put_key_hex(&r, "variable", status);
	put_char(&r, '\n');
	record_memory(&r, boot);
	record_tables(&r, system);
	put(&r, r.full ? "probe-end complete=no\n" : "probe-end complete=yes\n");
	return start(system, self, image, &settings, &r);
}
