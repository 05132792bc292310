/* SPDX-License-Identifier: MIT */
/* efi: as much of the UEFI interface as the probe calls (UEFI 2.6, sections 4, 7, 8, 9, 12), and no code. */
#ifndef PROBE_EFI_H
#define PROBE_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

typedef uint64_t efi_status; /* UINTN: both of our machines have 64 bits */
typedef void *efi_handle;
typedef uint16_t efi_char;

#define EFI_ERROR_BIT 0x8000000000000000ULL
#define EFI_SUCCESS 0ULL
#define EFI_BUFFER_TOO_SMALL (EFI_ERROR_BIT | 5)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)

#define EFI_VARIABLE_NON_VOLATILE 1
#define EFI_VARIABLE_BOOTSERVICE 2
#define EFI_VARIABLE_RUNTIME 4

#define EFI_RESERVED_MEMORY 0
#define EFI_LOADER_DATA 2
#define EFI_ACPI_RECLAIM_MEMORY 9

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_header {
	uint64_t signature;
	uint32_t revision, size, crc32, reserved;
};

struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t zone;
	uint8_t daylight, pad2;
};

struct efi_time_capabilities {
	uint32_t resolution, accuracy;
	uint8_t sets_to_zero;
};

struct efi_memory {
	uint32_t type;
	uint64_t physical, virtual, pages, attributes;
};

struct efi_device_path {
	uint8_t type, subtype, length[2];
};

struct efi_text_output {
	void *reset;
	efi_status(EFIAPI *output)(struct efi_text_output *, const efi_char *);
};

struct efi_file {
	uint64_t revision;
	efi_status(EFIAPI *open)(struct efi_file *, struct efi_file **, const efi_char *, uint64_t mode, uint64_t attributes);
	efi_status(EFIAPI *close)(struct efi_file *);
	void *delete;
	efi_status(EFIAPI *read)(struct efi_file *, uint64_t *size, void *);
};

struct efi_file_system {
	uint64_t revision;
	efi_status(EFIAPI *open_volume)(struct efi_file_system *, struct efi_file **);
};

struct efi_loaded_image {
	uint32_t revision;
	efi_handle parent;
	struct efi_system *system;
	efi_handle device;
	struct efi_device_path *path;
	void *reserved;
	uint32_t options_size;
	void *options;
	void *base;
	uint64_t size;
	uint32_t code_type, data_type;
	void *unload;
};

struct efi_runtime {
	struct efi_header header;
	efi_status(EFIAPI *get_time)(struct efi_time *, struct efi_time_capabilities *);
	efi_status(EFIAPI *set_time)(struct efi_time *);
	void *get_wakeup_time, *set_wakeup_time, *set_virtual_address_map, *convert_pointer;
	efi_status(EFIAPI *get_variable)(const efi_char *, const struct efi_guid *, uint32_t *, uint64_t *, void *);
	void *get_next_variable_name;
	efi_status(EFIAPI *set_variable)(const efi_char *, const struct efi_guid *, uint32_t, uint64_t, const void *);
	void *get_next_high_monotonic_count;
	void(EFIAPI *reset_system)(uint32_t how, efi_status, uint64_t, const void *);
	void *update_capsule, *query_capsule_capabilities;
	efi_status(EFIAPI *query_variable_info)(uint32_t, uint64_t *, uint64_t *, uint64_t *);
};

struct efi_boot {
	struct efi_header header;
	void *raise_tpl, *restore_tpl;
	efi_status(EFIAPI *allocate_pages)(uint32_t how, uint32_t type, uint64_t pages, uint64_t *address);
	void *free_pages;
	efi_status(EFIAPI *get_memory_map)(uint64_t *, struct efi_memory *, uint64_t *, uint64_t *, uint32_t *);
	efi_status(EFIAPI *allocate_pool)(uint32_t type, uint64_t size, void **);
	efi_status(EFIAPI *free_pool)(void *);
	void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
	void *install_protocol, *reinstall_protocol, *uninstall_protocol;
	efi_status(EFIAPI *handle_protocol)(efi_handle, const struct efi_guid *, void **);
	void *reserved, *register_notify, *locate_handle, *locate_device_path;
	efi_status(EFIAPI *install_table)(const struct efi_guid *, void *);
	efi_status(EFIAPI *load_image)(uint8_t policy, efi_handle parent, struct efi_device_path *, void *, uint64_t,
				       efi_handle *);
	efi_status(EFIAPI *start_image)(efi_handle, uint64_t *, efi_char **);
	void *exit, *unload_image, *exit_boot_services, *get_next_monotonic_count;
	efi_status(EFIAPI *stall)(uint64_t microseconds);
	efi_status(EFIAPI *set_watchdog)(uint64_t seconds, uint64_t code, uint64_t size, const efi_char *);
};

struct efi_table {
	struct efi_guid guid;
	void *address;
};

struct efi_system {
	struct efi_header header;
	const efi_char *vendor;
	uint32_t vendor_revision;
	efi_handle in_handle;
	void *in;
	efi_handle out_handle;
	struct efi_text_output *out;
	efi_handle error_handle;
	void *error;
	struct efi_runtime *runtime;
	struct efi_boot *boot;
	uint64_t table_count;
	struct efi_table *tables;
};

#endif
