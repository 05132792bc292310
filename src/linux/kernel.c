/* SPDX-License-Identifier: MIT */
/* kernel: what the headers say.  Looking inside is in kernel-scan.c. */
#include "linux/kernel.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

/* PE/COFF machine types */
#define I386 0x014c
#define ARM_THUMB 0x01c2
#define RISCV32 0x5032
#define RISCV64 0x5064
#define LOONGARCH64 0x6264
#define X86_64 0x8664
#define AARCH64 0xaa64

#define HEAD_SIZE 4096
#define MOST_BEHIND MiB /* signatures and padding at the end of a kernel */
#define LINUX_PE_MAGIC 0x818223cdU

struct head {
	uint8_t bytes[HEAD_SIZE];
	size_t size;     /* of what there is */
	uint64_t whole;  /* bytes of the file, or UINT64_MAX behind a wrapper */
};

static struct cursor at(const struct head *head, size_t offset)
{
	struct cursor c = cursor_make(head->bytes, head->size);

	cursor_seek(&c, offset);
	return c;
}

static uint16_t le16(const struct head *head, size_t offset)
{
	struct cursor c = at(head, offset);

	return cursor_le16(&c);
}

static uint32_t le32(const struct head *head, size_t offset)
{
	struct cursor c = at(head, offset);

	return cursor_le32(&c);
}

static bool has(const struct head *head, size_t offset, const char *bytes, size_t length)
{
	return offset + length <= head->size && !memcmp(head->bytes + offset, bytes, length);
}

const char *kernel_format_name(enum kernel_format format)
{
	static const char *const names[] = {
		[KERNEL_NONE] = "no kernel", [KERNEL_ARM64] = "Image",	  [KERNEL_RISCV] = "Image",
		[KERNEL_LOONGARCH] = "Image", [KERNEL_X86] = "bzImage", [KERNEL_ARM] = "zImage",
		[KERNEL_ZBOOT] = "EFI zboot", [KERNEL_ELF] = "vmlinux",
	};

	return names[format];
}

/* The machine of the PE header, 0 where there is none. */
static uint16_t pe_machine(const struct head *head)
{
	uint32_t offset = le32(head, 60);

	if (!has(head, 0, "MZ", 2) || offset > HEAD_SIZE || !has(head, offset, "PE\0\0", 4))
		return 0;
	return le16(head, offset + 4);
}

static void problem(struct kernel *kernel, enum kernel_problem what, uint64_t offset)
{
	kernel->problem = what;
	kernel->problem_offset = offset;
}

/* The PE header's sections, which every loader needs whole: where the last one's bytes end, 0 where that is not known.
 * `*ret_field` is where its header says so. */
static uint64_t sections_end(struct kernel *kernel, const struct head *head, uint64_t *ret_field)
{
	uint64_t end = 0, table;
	uint32_t pe = le32(head, 60);
	unsigned count = le16(head, pe + 6);

	table = (uint64_t)pe + 24 + le16(head, pe + 20);
	if (table + count * 40ULL > head->size) {
		if (head->size == head->whole)
			problem(kernel, KERNEL_HEADER_CUT, head->size);
		return 0;
	}
	for (unsigned i = 0; i < count; i++) {
		uint64_t field = table + i * 40ULL + 16, size = le32(head, field);

		if (size && size + le32(head, field + 4) > end) {
			end = size + le32(head, field + 4);
			*ret_field = field;
		}
	}
	return end;
}

/* A gzip file's last four bytes are the size of what is inside (RFC 1952), by which GRUB goes, too.  In a file that was cut off
 * they are any four: less than the kernel needs, or more than any signature behind it makes up for. */
static int check_wrapper(struct kernel *kernel, uint64_t least, struct error *err)
{
	struct cursor c;
	uint8_t bytes[4];
	uint32_t size;
	int r;

	if (kernel->wrapper != COMPRESSION_GZIP || kernel->view->size < 18)
		return 0;
	r = view_read(kernel->view, kernel->view->size - 4, bytes, sizeof(bytes), err);
	if (r < 0)
		return r;
	c = cursor_make(bytes, sizeof(bytes));
	size = cursor_le32(&c);
	if (size < least || size > least + MOST_BEHIND)
		problem(kernel, KERNEL_PAYLOAD_TRUNCATED, kernel->view->size - 4);
	return 0;
}

/* Is all there that the PE header speaks of?  (The header's own image_size counts memory that the file does not hold.) */
static int check_end(struct kernel *kernel, const struct head *head, struct error *err)
{
	uint64_t field = 0, end;

	if (!kernel->efi_stub || kernel->problem)
		return 0;
	end = sections_end(kernel, head, &field);
	if (!end)
		return 0;
	if (kernel->wrapper)
		return check_wrapper(kernel, end, err);
	if (end > head->whole)
		problem(kernel, KERNEL_PAYLOAD_OUTSIDE, field);
	return 0;
}

/* Where the compressed kernel lies; the length of an appended size is not part of it. */
static void payload(struct kernel *kernel, const struct head *head, uint64_t offset, uint64_t size, uint64_t field)
{
	kernel->payload_offset = offset;
	kernel->payload_size = size;
	if (!size || offset > head->whole || size > head->whole - offset)
		problem(kernel, KERNEL_PAYLOAD_OUTSIDE, field);
}

static void arm64(struct kernel *kernel, const struct head *head)
{
	static const unsigned pages[] = { 0, 4096, 16384, 65536 };
	uint32_t flags = le32(head, 24);

	kernel->format = KERNEL_ARM64;
	kernel->machine = AARCH64;
	kernel->efi_stub = pe_machine(head) == AARCH64;
	kernel->big_endian = flags & 1;
	kernel->page_size = pages[flags >> 1 & 3];
}

static void riscv(struct kernel *kernel, const struct head *head)
{
	uint16_t machine = pe_machine(head);

	kernel->format = KERNEL_RISCV;
	kernel->machine = machine == RISCV32 ? RISCV32 : RISCV64;
	kernel->efi_stub = machine == kernel->machine;
	kernel->big_endian = le32(head, 24) & 1;
}

static void zboot(struct kernel *kernel, struct arena *arena, const struct head *head)
{
	static const struct {
		const char *name;
		enum compression compression;
	} types[] = {
		{ "gzip", COMPRESSION_GZIP }, { "lz4", COMPRESSION_LZ4 },   { "lzma", COMPRESSION_LZMA },
		{ "lzo", COMPRESSION_LZO },   { "xzkern", COMPRESSION_XZ }, { "zstd22", COMPRESSION_ZSTD },
		{ "xz", COMPRESSION_XZ },     { "zstd", COMPRESSION_ZSTD }, { "xzkern_with_size", COMPRESSION_XZ },
	};
	struct cursor c = at(head, 24);
	const uint8_t *name = cursor_bytes(&c, 32);

	kernel->format = KERNEL_ZBOOT;
	kernel->machine = pe_machine(head);
	kernel->efi_stub = kernel->machine;
	if (!name) {
		problem(kernel, KERNEL_HEADER_CUT, head->size);
		return;
	}
	kernel->payload_name = arena_strndup(arena, (const char *)name, strnlen((const char *)name, 32));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(kernel->payload_name, types[i].name))
			kernel->payload = types[i].compression;
	payload(kernel, head, le32(head, 8), le32(head, 12), 8);
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* "6.1.0-56-amd64 (someone@somewhere) #1 SMP ..." */
static void set_version(struct kernel *kernel, struct arena *arena, const uint8_t *bytes, size_t size)
{
	char *text = arena_strndup(arena, (const char *)bytes, strnlen((const char *)bytes, size));

	if (!*text || !printable(text))
		return;
	kernel->version = text;
	kernel->release = arena_strndup(arena, text, strcspn(text, " "));
}

static int x86(struct kernel *kernel, struct arena *arena, const struct head *head, struct error *err)
{
	unsigned sectors = head->bytes[0x1f1] ? head->bytes[0x1f1] : 4, protocol = le16(head, 0x206);
	uint64_t protected_mode = (sectors + 1) * 512ULL, version = le16(head, 0x20e);

	kernel->format = KERNEL_X86;
	kernel->machine = protocol >= 0x20c && le16(head, 0x236) & 1 ? X86_64 : I386;
	/* a 64-bit kernel from before protocol 2.12 says it in its PE header alone */
	if (pe_machine(head) == X86_64)
		kernel->machine = X86_64;
	kernel->efi_stub = pe_machine(head) == kernel->machine;
	if (head->size < 0x250) {
		problem(kernel, KERNEL_HEADER_CUT, head->size);
		return 0;
	}
	if (version && version + 0x200 < protected_mode && version + 0x200 < kernel->view->size) {
		uint8_t text[256];
		uint64_t left = kernel->view->size - (version + 0x200);
		size_t size = left < sizeof(text) ? (size_t)left : sizeof(text);
		int r = kernel->wrapper ? 0 : view_read(kernel->view, version + 0x200, text, size, err);

		if (r < 0)
			return r;
		if (!kernel->wrapper)
			set_version(kernel, arena, text, size);
	}
	if (protocol >= 0x208)
		payload(kernel, head, protected_mode + le32(head, 0x248), le32(head, 0x24c), 0x248);
	if (protocol >= 0x206)
		kernel->command_line_size = le32(head, 0x238);
	return 0;
}

static void arm(struct kernel *kernel, const struct head *head)
{
	uint32_t start = le32(head, 0x28), end = le32(head, 0x2c);

	kernel->format = KERNEL_ARM;
	kernel->machine = ARM_THUMB;
	kernel->efi_stub = pe_machine(head) == ARM_THUMB;
	if (end < start || end - start > head->whole)
		problem(kernel, KERNEL_PAYLOAD_OUTSIDE, 0x2c);
}

static void elf(struct kernel *kernel, const struct head *head)
{
	bool little = head->size > 5 && head->bytes[5] == 1;

	kernel->format = KERNEL_ELF;
	kernel->big_endian = !little;
	if (!little)
		return;
	switch (le16(head, 18)) {
	case 3:
		kernel->machine = I386;
		break;
	case 40:
		kernel->machine = ARM_THUMB;
		break;
	case 62:
		kernel->machine = X86_64;
		break;
	case 183:
		kernel->machine = AARCH64;
		break;
	case 243:
		kernel->machine = head->bytes[4] == 2 ? RISCV64 : RISCV32;
		break;
	case 258:
		kernel->machine = LOONGARCH64;
	}
}

static int identify(struct kernel *kernel, struct arena *arena, const struct head *head, struct error *err)
{
	if (has(head, 56, "ARM\x64", 4))
		arm64(kernel, head);
	else if (has(head, 48, "RISCV\0\0\0", 8) && has(head, 56, "RSC\x05", 4))
		riscv(kernel, head);
	else if (has(head, 0, "MZ\0\0zimg", 8))
		zboot(kernel, arena, head);
	else if (has(head, 0x202, "HdrS", 4))
		return x86(kernel, arena, head, err);
	else if (has(head, 0x24, "\x18\x28\x6f\x01", 4))
		arm(kernel, head);
	else if (le32(head, 56) == LINUX_PE_MAGIC && pe_machine(head) == LOONGARCH64)
		*kernel = (struct kernel){ .format = KERNEL_LOONGARCH, .machine = LOONGARCH64, .efi_stub = true,
					   .wrapper = kernel->wrapper, .view = kernel->view };
	else if (has(head, 0, "\x7f" "ELF", 4))
		elf(kernel, head);
	return 0;
}

/* The first bytes behind a wrapper. */
static int unwrap(struct kernel *kernel, struct arena *arena, struct head *head, struct error *err)
{
	STREAM_AUTO inside = NULL;
	struct stream *input = stream_view(arena, kernel->view, 0, kernel->view->size);
	uint64_t n;
	int r = decompress_open(arena, kernel->wrapper, input, UINT64_MAX, &inside, err);

	if (r >= 0)
		r = stream_read(inside, head->bytes, sizeof(head->bytes), &n, err);
	if (r < 0)
		return r;
	head->size = (size_t)n;
	head->whole = UINT64_MAX;
	if (inside->problem != STREAM_GOOD)
		problem(kernel, inside->problem == STREAM_TRUNCATED ? KERNEL_PAYLOAD_TRUNCATED : KERNEL_PAYLOAD_CORRUPT,
			input->position);
	return 0;
}

int kernel_open(struct arena *arena, struct view *view, struct kernel **ret, struct error *err)
{
	struct kernel *kernel = ARENA_NEW(arena, struct kernel);
	struct head head = { .whole = view->size };
	int r;

	kernel->view = view;
	head.size = view->size < HEAD_SIZE ? (size_t)view->size : HEAD_SIZE;
	r = view_read(view, 0, head.bytes, head.size, err);
	if (r < 0)
		return r;
	kernel->wrapper = compression_detect(head.bytes, head.size);
	if (kernel->wrapper) {
		r = unwrap(kernel, arena, &head, err);
		if (r < 0)
			return r;
	}
	r = identify(kernel, arena, &head, err);
	if (r >= 0)
		r = check_end(kernel, &head, err);
	if (r < 0)
		return r;
	*ret = kernel;
	return 0;
}
