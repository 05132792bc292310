/* SPDX-License-Identifier: MIT */
/* gather-memory: what stands in physical memory: the EFI system table, and what it leads to.
 *
 * Layout: UEFI 2.6, sections 4.3 and 4.6; Devicetree Specification 0.1, section 5; Linux, Documentation/arm/uefi.rst and
 * Documentation/x86/zero-page.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/guid.h"
#include "guest/gather.h"

#define TABLES_MAXIMUM 128
#define TREE_MAXIMUM (1024 * 1024)

static sigjmp_buf back;

static void bus_error(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

/* Loads of 32 bits: memory that is no memory to the kernel is mapped as a device, and then nothing else is allowed. */
__attribute__((noinline)) static void load(const volatile uint32_t *from, size_t skip, uint8_t *to, size_t size)
{
	for (size_t at = skip; at < skip + size; at++)
		*to++ = (uint8_t)(from[at / 4] >> (at % 4 * 8));
}

static int copy_out(const volatile uint32_t *from, size_t skip, uint8_t *to, size_t size)
{
	struct sigaction catch = { .sa_handler = bus_error, .sa_flags = SA_NODEFER }, old_bus, old_segv;
	volatile int rc = 0;

	sigaction(SIGBUS, &catch, &old_bus);
	sigaction(SIGSEGV, &catch, &old_segv);
	if (sigsetjmp(back, 1))
		rc = -EFAULT;
	else
		load(from, skip, to, size);
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return rc;
}

int physical_read(uint64_t address, void *data, size_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), begin = address & ~(page - 1);
	size_t length = (size_t)((address - begin + size + page - 1) & ~(page - 1));
	int fd, rc;
	void *map;

	if (address + size < address)
		return -EINVAL;
	fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)begin);
	rc = map == MAP_FAILED ? -errno : copy_out(map, (size_t)(address - begin), data, size);
	if (map != MAP_FAILED)
		munmap(map, length);
	close(fd);
	return rc;
}

/* The number in the property `name`, wherever in the tree it is; the stub of the kernel puts it into /chosen. */
static uint64_t tree_number(const uint8_t *tree, size_t size, const char *name)
{
	struct cursor c = cursor_make(tree, size);
	uint32_t structure, strings;

	cursor_skip(&c, 8);
	structure = cursor_be32(&c);
	strings = cursor_be32(&c);
	cursor_seek(&c, structure);
	while (cursor_ok(&c) && strings < size) {
		uint32_t token = cursor_be32(&c), length, key;
		const uint8_t *value;

		if (token == 1) { /* a node and its name */
			const uint8_t *end = memchr(c.data + c.position, 0, cursor_left(&c));

			if (!end)
				return 0;
			cursor_seek(&c, ((size_t)(end - tree) + 4) & ~(size_t)3);
		} else if (token == 3) {
			length = cursor_be32(&c);
			key = cursor_be32(&c);
			value = cursor_bytes(&c, length);
			if (value && key < size - strings && size - strings - key > strlen(name) &&
			    !memcmp(tree + strings + key, name, strlen(name) + 1)) {
				struct cursor v = cursor_make(value, length);

				return length == 8 ? cursor_be64(&v) : cursor_be32(&v);
			}
			cursor_seek(&c, (c.position + 3) & ~(size_t)3);
		} else if (token != 2 && token != 4) {
			return 0;
		}
	}
	return 0;
}

/* Where the kernel was told that the EFI system table is; 0 if nothing tells. */
static uint64_t system_table(void)
{
	uint64_t address = 0;
	size_t size;
	char *data = file_read("/sys/firmware/fdt", TREE_MAXIMUM, &size);

	if (data)
		address = tree_number((const uint8_t *)data, size, "linux,uefi-system-table");
	free(data);
	if (address)
		return address;
	data = file_read("/sys/kernel/boot_params/data", 65536, &size);
	if (data && size >= 0x1e0) {
		struct cursor c = cursor_make(data, size);
		uint32_t low;

		cursor_seek(&c, 0x1c0);
		if (cursor_le32(&c) == 0x34364c45) { /* "EL64" */
			low = cursor_le32(&c);
			cursor_seek(&c, 0x1d8);
			address = low | (uint64_t)cursor_le32(&c) << 32;
		}
	}
	free(data);
	return address;
}

/* The configuration table's address where the kernel tells it, which is on x86-64: there the system table holds a virtual one. */
static uint64_t told_tables(void)
{
	size_t size;
	char *text = file_read("/sys/firmware/efi/config_table", 64, &size);
	uint64_t address = text ? strtoull(text, NULL, 16) : 0;

	free(text);
	return address;
}

static void copy_fact(struct facts *facts, const char *kind, uint64_t address, size_t size)
{
	uint8_t *data = malloc(size);
	int rc = data ? physical_read(address, data, size) : -ENOMEM;

	fact_begin(facts, kind);
	fact_hex(facts, "address", address);
	if (rc < 0)
		fact_errno(facts, "error", rc);
	else
		fact_decimal(facts, "size", (int64_t)size);
	fact_end(facts);
	if (rc == 0)
		fact_data(facts, data, size);
	free(data);
}

static void tree_fact(struct facts *facts, uint64_t address)
{
	uint8_t head[40];
	size_t size = sizeof(head);

	if (physical_read(address, head, sizeof(head)) == 0) {
		struct cursor c = cursor_make(head, sizeof(head));
		uint32_t total, structure, strings, strings_size, structure_size;

		if (cursor_be32(&c) == 0xd00dfeed) {
			total = cursor_be32(&c);
			structure = cursor_be32(&c);
			strings = cursor_be32(&c);
			cursor_seek(&c, 32);
			strings_size = cursor_be32(&c);
			structure_size = cursor_be32(&c);
			/* the used part; it may be padded to a megabyte */
			if ((uint64_t)structure + structure_size > size)
				size = (size_t)structure + structure_size;
			if ((uint64_t)strings + strings_size > size)
				size = (size_t)strings + strings_size;
			if (size > total || size > TREE_MAXIMUM)
				size = sizeof(head);
		}
	}
	copy_fact(facts, "linux-device-tree", address, size);
}

void gather_efi(struct facts *facts)
{
	static const struct guid acpi = GUID(0x8868e871, 0xe4f1, 0x11d3, 0xbc22, 0x0080c73c8881);
	static const struct guid tree = GUID(0xb1b621d5, 0xf19c, 0x41a5, 0x830b, 0xd9152c69aae0);
	uint64_t address = system_table(), count, tables;
	uint8_t head[120], *list;
	struct cursor c;
	int rc;

	fact_begin(facts, "linux-system-table");
	fact_hex(facts, "address", address);
	rc = address ? physical_read(address, head, sizeof(head)) : -ENODEV;
	if (rc < 0) {
		fact_errno(facts, "error", rc);
		fact_end(facts);
		return;
	}
	c = cursor_make(head, sizeof(head));
	fact_hex(facts, "signature", cursor_le64(&c));
	fact_hex(facts, "revision", cursor_le32(&c));
	cursor_seek(&c, 104);
	count = cursor_le64(&c);
	tables = cursor_le64(&c);
	fact_decimal(facts, "count", (int64_t)count);
	fact_hex(facts, "tables", tables);
	if (told_tables()) {
		tables = told_tables();
		fact_hex(facts, "told", tables);
	}
	count = count < TABLES_MAXIMUM ? count : TABLES_MAXIMUM;
	list = malloc(count * 24 + 1);
	rc = list ? physical_read(tables, list, count * 24) : -ENOMEM;
	if (rc < 0)
		fact_errno(facts, "error", rc);
	fact_end(facts);
	c = cursor_make(list, rc < 0 ? 0 : count * 24);
	while (cursor_left(&c) >= 24) {
		struct guid guid = guid_read(&c);
		char text[GUID_TEXT_SIZE];

		address = cursor_le64(&c);
		guid_format(&guid, text);
		for (char *p = text; *p; p++)
			*p = (char)(*p >= 'A' && *p <= 'F' ? *p - 'A' + 'a' : *p);
		fact_begin(facts, "linux-table");
		fact_string(facts, "guid", text);
		fact_hex(facts, "address", address);
		fact_end(facts);
		if (guid_equal(&guid, &acpi))
			copy_fact(facts, "linux-acpi", address, 36);
		if (guid_equal(&guid, &tree))
			tree_fact(facts, address);
	}
	free(list);
}
