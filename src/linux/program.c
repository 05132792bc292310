/* SPDX-License-Identifier: MIT */
/* program: what is at the beginning of a program, and who has to be there to run it. */
#include "linux/program.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cursor.h"

#define SCRIPT_HEAD 256 /* BINPRM_BUF_SIZE: what the kernel reads of a script */
#define SCRIPT_DEPTH 5  /* scripts whose interpreter is a script: exec_binprm() */
#define PATH 4096       /* PATH_MAX */
#define PAGE 4096       /* what is mapped beyond the file's end, up to here, is zeros */

#define ELF_32 1
#define ELF_64 2
#define ELF_BIG 2
#define ELF_EXECUTABLE 2
#define ELF_SHARED 3
#define SEGMENT_LOADED 1
#define SEGMENT_INTERPRETER 3

static const char damaged[] = "is a damaged ELF file";
static const char cut[] = "is cut short";

/* The beginning of an ELF file, whose integers are of its own size. */
struct elf {
	const uint8_t *data;
	size_t have;
	bool is_64;
};

/* The integer, which lies in what is there. */
static uint64_t integer(const struct elf *elf, size_t offset, size_t length)
{
	struct cursor c = cursor_make(elf->data, elf->have);
	const uint8_t *p;
	uint64_t n = 0;

	cursor_seek(&c, offset);
	p = cursor_bytes(&c, length);
	for (size_t i = 0; p && i < length; i++)
		n |= (uint64_t)p[i] << 8 * i;
	return n;
}

static uint64_t address(const struct elf *elf, size_t offset)
{
	return integer(elf, offset, elf->is_64 ? 8 : 4);
}

static struct program faulty(const char *fault)
{
	return (struct program){ .kind = PROGRAM_FAULTY, .fault = fault };
}

/* Goes through the table of segments, which is in what is there. */
static const char *read_segments(const struct elf *elf, uint64_t table, unsigned count, size_t bytes, uint64_t size, char *name,
				 struct program *program)
{
	for (unsigned i = 0; i < count; i++) {
		size_t at = (size_t)table + i * bytes;
		uint64_t type = integer(elf, at, 4), offset = address(elf, at + (elf->is_64 ? 8 : 4));
		uint64_t length = address(elf, at + (elf->is_64 ? 32 : 16)), end;

		if (!length || (type != SEGMENT_LOADED && type != SEGMENT_INTERPRETER))
			continue;
		if (__builtin_add_overflow(offset, length, &end))
			return damaged;
		if (end > (type == SEGMENT_LOADED ? (size + PAGE - 1) / PAGE * PAGE : size))
			return cut;
		if (type != SEGMENT_INTERPRETER || program->interpreter || end > elf->have)
			continue;
		if (length < 2 || length > PATH || elf->data[end - 1])
			return damaged;
		memcpy(name, elf->data + offset, (size_t)length);
		program->interpreter = name;
	}
	return NULL;
}

static struct program read_elf(const uint8_t *head, size_t have, uint64_t size, char *name)
{
	struct elf elf = { .data = head, .have = have };
	struct program program = { .kind = PROGRAM_ELF };
	uint64_t type, table, bytes, count;

	if (size < 52)
		return faulty(cut);
	/* of a machine with the other order of bytes no more is said than which */
	if (head[5] == ELF_BIG) {
		program.machine = (uint16_t)(head[18] << 8 | head[19]);
		return program;
	}
	elf.is_64 = head[4] == ELF_64;
	if (head[4] != ELF_32 && head[4] != ELF_64)
		return faulty(damaged);
	if (elf.is_64 && size < 64)
		return faulty(cut);
	type = integer(&elf, 16, 2);
	program.machine = (uint16_t)integer(&elf, 18, 2);
	table = address(&elf, elf.is_64 ? 32 : 28);
	bytes = integer(&elf, elf.is_64 ? 54 : 42, 2);
	count = integer(&elf, elf.is_64 ? 56 : 44, 2);
	if (type != ELF_EXECUTABLE && type != ELF_SHARED)
		return faulty("is an ELF file of another kind than programs");
	if (bytes != (elf.is_64 ? 56 : 32) || !count)
		return faulty(damaged);
	if (table > size || bytes * count > size - table)
		return faulty(cut);
	if (table <= have && bytes * count <= have - table) {
		const char *fault = read_segments(&elf, table, (unsigned)count, (size_t)bytes, size, name, &program);

		if (fault)
			return faulty(fault);
	}
	return program;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* load_script() */
static struct program read_script(const uint8_t *head, size_t have, char *name)
{
	size_t most = have < SCRIPT_HEAD ? have : SCRIPT_HEAD, begin = 2, end;
	const uint8_t *newline = memchr(head, '\n', most);
	size_t line = newline ? (size_t)(newline - head) : most;

	while (begin < line && is_space(head[begin]))
		begin++;
	for (end = begin; end < line && !is_space(head[end]) && head[end]; end++)
		;
	if (begin == end)
		return faulty("is a script that names no interpreter behind #!");
	/* older kernels took what they had read of it for the name */
	if (end == SCRIPT_HEAD)
		return (struct program){ .kind = PROGRAM_OTHER };
	memcpy(name, head + begin, end - begin);
	name[end - begin] = '\0';
	return (struct program){ .kind = PROGRAM_SCRIPT, .interpreter = name };
}

struct program program_read(const uint8_t *head, size_t have, uint64_t size, char *name)
{
	if (have < size && have < PROGRAM_HEAD)
		return (struct program){ .kind = PROGRAM_OTHER };
	if (have > PROGRAM_HEAD)
		have = PROGRAM_HEAD;
	if (have >= 4 && !memcmp(head, "\x7f" "ELF", 4))
		return read_elf(head, have, size, name);
	if (have >= 2 && !memcmp(head, "#!", 2))
		return read_script(head, have, name);
	/* binfmt_flat, of kernels for small machines */
	if (have >= 4 && !memcmp(head, "bFLT", 4))
		return (struct program){ .kind = PROGRAM_OTHER };
	return faulty("is neither an ELF file nor a script that begins with #!");
}

/* Programs for the 32-bit kind of an architecture run on its 64-bit kernels. */
static bool runs_on(uint16_t machine, uint16_t kernel)
{
	enum { I386 = 3, I486 = 6, ARM = 40, X86_64 = 62, AARCH64 = 183 };

	return !kernel || machine == kernel || (kernel == X86_64 && (machine == I386 || machine == I486)) ||
	       (kernel == AARCH64 && machine == ARM);
}

static const char *own_fault(const struct program_file *file, uint16_t machine, bool must_be_elf)
{
	if (!file->mode)
		return "is not there";
	if (S_ISDIR(file->mode))
		return "is a folder";
	if (!S_ISREG(file->mode))
		return "is no regular file";
	if (!(file->mode & 0111))
		return "may be executed by nobody (it has no x bit)";
	if (file->empty)
		return "is empty";
	if (file->unknown)
		return NULL;
	if (must_be_elf && file->program.kind == PROGRAM_SCRIPT)
		return "is no ELF file";
	if (file->program.kind == PROGRAM_ELF && !runs_on(file->program.machine, machine))
		return "is a program for another machine";
	return file->program.fault;
}

int program_fault(struct arena *arena, const char *path, uint16_t machine, program_look look, void *state, const char **ret,
		  struct error *err)
{
	const char *chain = "";
	bool must_be_elf = false;

	*ret = NULL;
	for (int depth = 0;; depth++) {
		struct program_file file = { 0 };
		int r = look(state, path, &file, err);
		const char *fault;

		if (r < 0)
			return r;
		fault = own_fault(&file, machine, must_be_elf);
		if (!fault && file.program.kind == PROGRAM_SCRIPT && depth == SCRIPT_DEPTH)
			fault = "is one script too many behind each other";
		if (fault) {
			*ret = arena_printf(arena, "%s%s", chain, fault);
			return 0;
		}
		/* the interpreter of an ELF file needs none itself */
		if (file.unknown || !file.program.interpreter || must_be_elf)
			return 0;
		must_be_elf = file.program.kind == PROGRAM_ELF;
		if (must_be_elf && machine)
			machine = file.program.machine;
		path = arena_strdup(arena, file.program.interpreter);
		chain = arena_printf(arena, "%s%s %.200s, which ", chain, must_be_elf ? "needs" : "is a script for", path);
	}
}
