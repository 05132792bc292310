/* SPDX-License-Identifier: MIT */
/* machine: puts together what the probe and Linux wrote down. */
#include "guest/machine.h"

#include <stdlib.h>
#include <string.h>

#define LINUX_TABLES "/sys/firmware/acpi/tables/"

const char *machine_file(const struct machine *machine, const char *path)
{
	const struct fact *fact = guest_find(machine->guest, "file", "path", path);
	size_t size;

	/* what is behind its end may be what somebody looks for */
	return fact_text(fact, "cut") ? NULL : (const char *)guest_file(machine->guest, NULL, path, &size);
}

const struct acpi_table *machine_table(const struct machine *machine, const char *signature)
{
	for (uint32_t i = 0; i < machine->table_count; i++) {
		if (!strcmp(machine->tables[i].table.signature, signature))
			return &machine->tables[i].table;
	}
	return NULL;
}

enum machine_have machine_has_table(const struct machine *machine, const char *signature)
{
	const char *file = arena_printf(machine->arena, LINUX_TABLES "%s", signature);

	if (machine_table(machine, signature))
		return MACHINE_HAVE;
	/* one that Linux names and that could not be read */
	if (machine->incomplete_tables || machine->table_count == ACPI_TABLES ||
	    (!guest_next(machine->guest, NULL, "probe-acpi") && guest_find(machine->guest, "file", "path", file)))
		return MACHINE_UNREADABLE;
	return MACHINE_ABSENT;
}

/* "  40000000-7c32ffff : System RAM"; sscanf would look for the end of the text in each line. */
bool machine_next_region(const struct machine *machine, const char *name, struct machine_region *region)
{
	const char *line = region->next ? region->next : machine_file(machine, "/proc/iomem");
	size_t length = strlen(name);
	bool found = false;

	while (line && *line && !found) {
		size_t size = strcspn(line, "\n");
		char *end = (char *)line + strspn(line, " ");

		region->outermost = *line != ' ';
		/* strtoull would go on to the next line */
		region->first = *end == '\n' ? 0 : strtoull(end, &end, 16);
		region->last = *end == '-' ? strtoull(end + 1, &end, 16) : 0;
		found = end < line + size && !strncmp(end, " : ", 3) && !strncmp(end + 3, name, length) &&
			end + 3 + length == line + size && region->last > region->first;
		line += size + (line[size] == '\n');
	}
	region->next = line;
	return found;
}

bool machine_region(const struct machine *machine, const char *name, uint64_t *ret_base, uint64_t *ret_size)
{
	struct machine_region region = { 0 };
	bool found = machine_next_region(machine, name, &region);

	*ret_base = region.first;
	*ret_size = region.last - region.first + 1;
	return found;
}

bool machine_told(const struct machine *machine, const char *word)
{
	const char *line = machine_file(machine, "/proc/cmdline");

	for (; line && *line; line += strcspn(line, " \n")) {
		line += strspn(line, " \n");
		if (!strncmp(line, word, strlen(word)))
			return true;
	}
	return false;
}

bool machine_avoids_efi(const struct machine *machine)
{
	const char *version = machine_file(machine, "/proc/version"), *line = machine_file(machine, "/proc/cmdline");
	bool avoids = version && strstr(version, " PREEMPT_RT ");

	/* efi=nosoftreserve,noruntime: the last word counts */
	for (; line && *line; line += strcspn(line, " \n")) {
		line += strspn(line, " \n");
		for (const char *at = strncmp(line, "efi=", 4) ? NULL : line + 4; at && *at;) {
			size_t length = strcspn(at, ", \n");

			if (length == 9 && !strncmp(at, "noruntime", length))
				avoids = true;
			else if (length == 7 && !strncmp(at, "runtime", length))
				avoids = false;
			at = at[length] == ',' ? at + length + 1 : NULL;
		}
	}
	return avoids || machine_told(machine, "noefi");
}

uint32_t machine_cpu_list(const char *list)
{
	uint32_t count = 0;

	while (list && *list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first >= 65536 || count >= 65536)
			return 0;
		count += (uint32_t)(last - first) + 1;
		list = *end == ',' ? end + 1 : NULL;
	}
	return count;
}

bool machine_differs(const struct fact *fact, const char *key, const char *value)
{
	const char *have = fact_text(fact, key);

	return have && strcmp(have, value) != 0;
}

static enum machine_architecture architecture(const struct machine *m)
{
	const char *name = fact_text(m->firmware, "machine"), *cpus;
	size_t size;

	if (!name)
		name = fact_text(guest_next(m->guest, NULL, "host-machine"), "machine");
	if (!name)
		name = fact_text(guest_next(m->guest, NULL, "boot"), "machine");
	if (name)
		return !strcmp(name, "aarch64") ? MACHINE_AARCH64 : !strcmp(name, "x86_64") ? MACHINE_X86_64 : MACHINE_OTHER;
	/* the beginning is enough */
	cpus = (const char *)guest_file(m->guest, NULL, "/proc/cpuinfo", &size);
	if (cpus && strstr(cpus, "CPU architecture: 8"))
		return MACHINE_AARCH64;
	return cpus && strstr(cpus, "vendor_id") ? MACHINE_X86_64 : MACHINE_UNKNOWN;
}

/* Has the system written down all that it shows?  What it tries, and what the host has it do, comes behind. */
static bool has_gathered(const struct guest *guest)
{
	const struct fact *boot = guest_next(guest, NULL, "boot");

	for (const struct fact *f = boot ? boot + 1 : NULL; f && f < guest->facts + guest->count; f++) {
		const char *name = strcmp(f->kind, "phase") ? NULL : fact_text(f, "name");

		if (!strcmp(f->kind, "boot"))
			break;
		if (!strcmp(f->kind, "gathered") || (name && (!strcmp(name, "check") || !strcmp(name, "ready"))))
			return true;
	}
	return false;
}

static void find_gaps(struct machine *m)
{
	const struct guest *guest = m->guest;
	uint64_t lost = 0;

	for (const struct fact *f = guest_next(guest, NULL, "host-lines"); f && !lost; f = guest_next(guest, f, "host-lines"))
		fact_number(f, "lost", &lost);
	if (lost)
		m->incomplete = arena_printf(m->arena, "%llu lines of the record got lost on their way out of the guest",
					     (unsigned long long)lost);
	else if (guest->damaged)
		m->incomplete = arena_printf(m->arena, "data of %u facts did not come as it was sent, first that of line %u",
					     guest->damaged, guest->damaged_line);
	else if (guest->strange)
		m->incomplete = arena_printf(m->arena, "%u lines of the record make no sense, the first is line %u",
					     guest->strange, guest->strange_line);
	else if (!has_gathered(guest))
		m->incomplete = "the record ends before the system has told all that it sees";
	m->incomplete_tables = m->incomplete;
	if (!m->incomplete && m->firmware && !guest_find(guest, "probe-end", "complete", "yes"))
		m->incomplete_tables = "the program that ran before the system has not written down all that it saw";
}

/* An entry is there if either saw it: Linux reads the table after the boot services are gone. */
static enum machine_have entry(const struct machine *m, const char *guid)
{
	const struct guest *guest = m->guest;

	if (guest_find(guest, "probe-table", "guid", guid) || guest_find(guest, "linux-table", "guid", guid))
		return MACHINE_HAVE;
	if (m->incomplete)
		return MACHINE_UNREADABLE;
	return guest_next(guest, NULL, "linux-table") || (guest_next(guest, NULL, "probe-table") && !m->incomplete_tables)
		       ? MACHINE_ABSENT
		       : MACHINE_UNREADABLE;
}

/* Where memory may not be read, Linux tells of the entries that it knows, by "ACPI20=0x..." */
static enum machine_have told_acpi(const struct machine *m)
{
	const char *systab = machine_file(m, "/sys/firmware/efi/systab");

	return !systab ? MACHINE_UNREADABLE : strstr(systab, "ACPI20=") ? MACHINE_HAVE : MACHINE_ABSENT;
}

/* Does Linux show any of its firmware?  In a container /sys/firmware may be empty, whatever the machine has. */
static bool shows_firmware(const struct guest *guest)
{
	static const char folder[] = "/sys/firmware";

	for (uint32_t i = 0; i < guest->count; i++) {
		const struct fact *f = &guest->facts[i];
		const char *path = fact_text(f, "path");

		if (!path || strncmp(path, folder, strlen(folder)))
			continue;
		if (path[strlen(folder)] == '/' || (!path[strlen(folder)] && f->data))
			return true;
	}
	return false;
}

static enum machine_have has_efi(const struct machine *m)
{
	uint64_t table;

	if (m->firmware ||
	    (fact_number(guest_next(m->guest, NULL, "linux-system-table"), "address", &table) && table) ||
	    guest_find(m->guest, "names", "path", "/sys/firmware/efi"))
		return MACHINE_HAVE;
	/* /sys/firmware/efi is there for everybody to see, where there is one */
	return shows_firmware(m->guest) && !m->incomplete ? MACHINE_ABSENT : MACHINE_UNREADABLE;
}

static void read_rsdp(struct machine *m)
{
	const struct fact *fact = guest_find(m->guest, "probe-acpi", "signature", "RSDP");

	if (!fact || !fact->data) {
		m->have_rsdp = m->acpi_entry == MACHINE_ABSENT ? MACHINE_ABSENT : MACHINE_UNREADABLE;
		return;
	}
	m->have_rsdp = MACHINE_HAVE;
	m->rsdp_whole = acpi_rsdp_read(fact->data, fact->size, &m->rsdp);
}

/* The bytes of a fact that is a table; NULL if it is none, or they are not there. */
static const uint8_t *table_bytes(const struct machine *m, const struct fact *fact, bool probed, size_t *ret_size)
{
	const char *path = fact_text(fact, "path"), *signature = fact_text(fact, "signature");

	if (probed)
		return !strcmp(fact->kind, "probe-acpi") && signature && strcmp(signature, "RSDP")
			       ? guest_data(m->guest, fact, ret_size)
			       : NULL;
	return !strcmp(fact->kind, "file") && path && !strncmp(path, LINUX_TABLES, strlen(LINUX_TABLES))
		       ? guest_data(m->guest, fact, ret_size)
		       : NULL;
}

static void read_tables(struct machine *m)
{
	bool probed = guest_next(m->guest, NULL, "probe-acpi") != NULL;
	struct machine_table *tables = ARENA_ARRAY(m->arena, ACPI_TABLES, struct machine_table);
	uint32_t count = guest_first_boot(m->guest);

	m->tables = tables;
	for (uint32_t i = 0; i < count && m->table_count < ACPI_TABLES; i++) {
		const struct fact *fact = &m->guest->facts[i];
		size_t size;
		const uint8_t *data = table_bytes(m, fact, probed, &size);

		if (!data || !acpi_table_read(data, size, &tables[m->table_count].table))
			continue;
		tables[m->table_count++].cut = fact_text(fact, "total") || fact_text(fact, "cut");
	}
	if (m->acpi_entry == MACHINE_ABSENT)
		m->have_acpi = MACHINE_ABSENT;
	else
		m->have_acpi = m->table_count ? MACHINE_HAVE : MACHINE_UNREADABLE;
}

/* Reads the table of a signature into ->member, if there is one. */
#define DECODE(member, signature, call)                                                              \
	do {                                                                                         \
		const struct acpi_table *table = machine_table(m, signature);                        \
		struct acpi_##member *to = table ? ARENA_NEW(m->arena, struct acpi_##member) : NULL; \
		if (table)                                                                           \
			call;                                                                        \
		m->member = to;                                                                      \
	} while (0)

static void decode(struct machine *m)
{
	DECODE(root, "XSDT", acpi_root_read(m->arena, table, to));
	DECODE(fadt, "FACP", acpi_fadt_read(table, to));
	DECODE(madt, "APIC", acpi_madt_read(m->arena, table, to));
	DECODE(gtdt, "GTDT", acpi_gtdt_read(table, to));
	DECODE(spcr, "SPCR", acpi_spcr_read(table, to));
	DECODE(mcfg, "MCFG", acpi_mcfg_read(m->arena, table, to));
	DECODE(dbg2, "DBG2", acpi_dbg2_read(m->arena, table, to));
	DECODE(pptt, "PPTT", acpi_pptt_read(m->arena, table, to));
}

static void read_tree(struct machine *m)
{
	const struct fact *given = guest_find(m->guest, "file", "path", "/sys/firmware/fdt");
	const struct fact *fact = guest_next(m->guest, NULL, "probe-device-tree");
	struct error err;

	/* without UEFI there is what the kernel was given */
	if (m->efi == MACHINE_ABSENT)
		fact = given;
	else if (m->tree_entry != MACHINE_ABSENT && (!fact || !fact->data))
		fact = guest_next(m->guest, NULL, "linux-device-tree");
	/* what Linux was given is the entry's tree, and what its stub adds */
	if (m->tree_entry == MACHINE_HAVE && (!fact || !fact->data))
		fact = given;
	if (m->tree_entry == MACHINE_ABSENT && (m->efi != MACHINE_ABSENT || !fact || !fact->data)) {
		m->have_tree = MACHINE_ABSENT;
		return;
	}
	if (!fact || !fact->data)
		return;
	m->have_tree = MACHINE_HAVE;
	if (tree_read(m->arena, fact->data, fact->size, &m->tree, &err) < 0) {
		m->tree = NULL;
		m->tree_error = arena_strdup(m->arena, err.message);
	}
}

const struct machine *machine_read(struct arena *arena, const struct guest *guest)
{
	struct machine *m = ARENA_NEW(arena, struct machine);

	*m = (struct machine){ .guest = guest, .arena = arena };
	m->firmware = guest_next(guest, NULL, "probe-firmware");
	m->registers = guest_next(guest, NULL, "probe-registers");
	m->trouble = guest_next(guest, NULL, "host-trouble");
	if (!fact_text(m->trouble, "kind"))
		m->trouble = NULL;
	find_gaps(m);
	m->architecture = architecture(m);
	m->efi = has_efi(m);
	m->acpi_entry = m->efi == MACHINE_ABSENT ? MACHINE_ABSENT : entry(m, MACHINE_ENTRY_ACPI);
	if (m->acpi_entry == MACHINE_UNREADABLE)
		m->acpi_entry = told_acpi(m);
	m->tree_entry = m->efi == MACHINE_ABSENT ? MACHINE_ABSENT : entry(m, MACHINE_ENTRY_TREE);
	read_rsdp(m);
	read_tables(m);
	decode(m);
	read_tree(m);
	return m;
}
