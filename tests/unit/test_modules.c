/* SPDX-License-Identifier: MIT */
/* test_modules: lists of modules as depmod writes them, and strange ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "linux/modules.h"

static void names(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{ "kernel/drivers/block/virtio_blk.ko", "virtio_blk" },
		{ "kernel/fs/nls/nls_iso8859-1.ko.xz", "nls_iso8859_1" },
		{ "a-b.ko.zst", "a_b" }, { "/x/y.ko.gz", "y" }, { "z.ko.lz4", "z" },
		{ "modules.dep", NULL }, { "kernel/", NULL }, { ".ko", NULL }, { "x/.ko.xz", NULL }, { "", NULL },
		{ "foo.ko.debug", NULL }, { "foo.ko/bar", NULL },
	};
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = module_name(arena, cases[i].path);

		assert_int_equal(name != NULL, cases[i].name != NULL);
		if (name)
			assert_string_equal(name, cases[i].name);
	}
	assert_true(module_name_equal("a-b_c.ko", 5, "a_b_c"));
	assert_false(module_name_equal("a-b_c", 5, "a_b_"));
	assert_false(module_name_equal("a-b", 3, "a_b_c"));
}

static void files(void **state)
{
	/* ELF, 64 bits, little-endian; the table of sections at 0x100, two of 64 bytes */
	uint8_t elf[MODULE_HEAD] = "\x7f" "ELF\x02\x01", text[MODULE_HEAD] = "no module";
	static const struct {
		const char *path, *bytes;
		uint64_t size;
		const char *fault;
	} cases[] = {
		{ "a.ko", "", 0, "it is empty" }, { "a.ko.lz4", "", 0, "it is empty" }, { "a.ko.lz4", "??", 2, NULL },
		{ "a.ko", "\x7f" "EL", 3, "it is no ELF file" }, { "a.ko", "\x7f" "ELF", 4, "it is cut short" },
		{ "a.ko.xz", "\xfd" "7zXZ", 6, NULL }, { "a.ko.xz", "\xfd" "7zXY", 6, "it is not compressed by xz" },
		{ "a.ko.zst", "\x28\xb5\x2f\xfd", 4, NULL }, { "a.ko.zst", "\x51\x2a\x4d\x18", 4, NULL },
		{ "a.ko.zst", "\x28", 1, "it is not compressed by zstd" }, { "a.ko.gz", "\x1f\x8b", 2, NULL },
		{ "a.ko.gz", "\x7f" "ELF", 4, "it is not compressed by gzip" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *fault = module_fault(cases[i].path, (const uint8_t *)cases[i].bytes, cases[i].size);

		if (!fault != !cases[i].fault || (fault && strcmp(fault, cases[i].fault) != 0))
			fail_msg("%zu: %s", i, fault ? fault : "nothing");
	}
	elf[0x10] = 1;
	elf[0x12] = 183;
	elf[0x29] = 1;
	elf[0x3a] = 64;
	elf[0x3c] = 2;
	assert_string_equal(module_fault("x/a.ko", elf, 0x180), "its header says nothing of its sections");
	assert_int_equal(module_machine("x/a.ko", elf, 0x180), 0);
	elf[0x3e] = 1;
	assert_int_equal(module_machine("x/a.ko", elf, 0x180), 183);
	assert_int_equal(module_machine("x/a.ko", elf, 63), 0);
	assert_int_equal(module_machine("x/a.ko.xz", elf, 0x180), 0);
	elf[0x10] = 2;
	assert_string_equal(module_fault("x/a.ko", elf, 0x180), "it is an ELF file of another kind than modules");
	elf[0x10] = 1;
	assert_null(module_fault("x/a.ko", elf, 0x180));
	assert_string_equal(module_fault("x/a.ko", elf, 0x17f), "it is cut short");
	elf[0x2f] = 0xff;
	assert_string_equal(module_fault("x/a.ko", elf, 0x180), "it is cut short");
	/* of another kind than we know, so nothing is said of its length */
	elf[5] = 2;
	assert_null(module_fault("x/a.ko", elf, 0x17f));
	assert_string_equal(module_fault("x/a.ko", text, sizeof(text)), "it is no ELF file");
}

#define DEP                                                                                                            \
	"kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio_ring.ko.xz kernel/drivers/virtio/virtio.ko.xz\n" \
	"kernel/drivers/virtio/virtio_ring.ko.xz: kernel/drivers/virtio/virtio.ko.xz\r\n"                               \
	"kernel/drivers/virtio/virtio.ko.xz:\n"                                                                         \
	"# a comment\n\n"                                                                                               \
	"kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko kernel/lib/crc16.ko kernel/lost.ko\n"                           \
	"kernel/fs/jbd2/jbd2.ko:\n"                                                                                     \
	"kernel/crypto/crc32c-generic.ko:\n"                                                                            \
	"kernel/crypto/crc32c-fast.ko: kernel/crypto/helper.ko\n"                                                       \
	"kernel/crypto/helper.ko: kernel/crypto/crc32c-fast.ko\n"                                                       \
	"no colon\n"                                                                                                    \
	"not a module: x\n"
#define BUILTIN "kernel/lib/crc16.ko\nkernel/fs/ext2/ext2.ko\n"
#define SOFTDEP "# Soft dependencies\nsoftdep ext4 pre: crc32c post: virtio\nsoftdep nobody pre: x\nsoftdep ext4\n" \
		"softdep crc32c_fast pre: virtio-ring nothing\nbad line\n"
#define ALIAS "# Aliases\nalias crc32c crc32c-generic\nalias crc32[bc] crc32c_fast\nalias virtio:d00000002v* virtio_blk\n" \
	      "alias x\n"

static struct modules *make(struct arena *arena, bool builtin_first)
{
	struct modules *modules = modules_new(arena);

	if (builtin_first)
		assert_int_equal(modules_add_builtin(modules, BUILTIN, strlen(BUILTIN), NULL), 0);
	assert_int_equal(modules_add_dep(modules, DEP, strlen(DEP), NULL), 0);
	if (!builtin_first)
		assert_int_equal(modules_add_builtin(modules, BUILTIN, strlen(BUILTIN), NULL), 0);
	assert_int_equal(modules_add_softdep(modules, SOFTDEP, strlen(SOFTDEP), NULL), 0);
	assert_int_equal(modules_add_alias(modules, ALIAS, strlen(ALIAS), NULL), 0);
	return modules;
}

static void closure(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
		struct modules *modules = make(arena, first);
		struct module_closure c;

		assert_int_equal(modules->strange_lines, 4);
		assert_int_equal(modules_state(modules, "virtio-blk"), MODULE_LOADABLE);
		assert_int_equal(modules_state(modules, "ext2"), MODULE_BUILTIN);
		assert_int_equal(modules_state(modules, "crc16"), MODULE_BUILTIN);
		assert_int_equal(modules_state(modules, "xfs"), MODULE_UNKNOWN);

		for (int again = 0; again < 2; again++) {
			c = modules_closure(modules, "virtio_blk");
			assert_int_equal(c.required_count, 3);
			assert_string_equal(c.required[0]->name, "virtio");
			assert_string_equal(c.required[1]->name, "virtio_ring");
			assert_string_equal(c.required[2]->path, "kernel/drivers/block/virtio_blk.ko.xz");
			assert_int_equal(c.missing_count + c.soft_count, 0);
		}
		c = modules_closure(modules, "ext4");
		assert_int_equal(c.required_count, 2);
		assert_string_equal(c.required[0]->name, "jbd2");
		assert_string_equal(c.required[1]->name, "ext4");
		assert_int_equal(c.missing_count, 1);
		assert_string_equal(c.missing[0], "kernel/lost.ko");
		/* both that the alias means, what one of them needs, and what that one asks for */
		assert_int_equal(c.soft_count, 5);
		assert_string_equal(c.soft[0]->name, "crc32c_generic");
		assert_string_equal(c.soft[1]->name, "helper");
		assert_string_equal(c.soft[2]->name, "crc32c_fast");
		assert_string_equal(c.soft[3]->name, "virtio");
		assert_string_equal(c.soft[4]->name, "virtio_ring");
		c = modules_closure(modules, "ext2");
		assert_int_equal(c.required_count + c.missing_count + c.soft_count, 0);
		c = modules_closure(modules, "xfs");
		assert_int_equal(c.missing_count, 1);
		assert_string_equal(c.missing[0], "xfs");
	}
}

/* btrfs has one line for each of its checksums. */
/* Each name is looked up once, and many names in many lines are too much work. */
static void meanings(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct modules *modules = make(arena, true);
	const struct module_meaning *meaning;
	char *lines = arena_alloc(arena, 24 * 100001), *at = lines;
	struct error err;
	uint64_t once;

	(void)state;
	limits_begin_image();
	meaning = modules_meaning(modules, "crc32c", &err);
	assert_true(meaning && !meaning->builtin);
	assert_int_equal(meaning->count, 2);
	assert_string_equal(meaning->list[0]->name, "crc32c_generic");
	assert_string_equal(meaning->list[1]->name, "crc32c_fast");
	once = limit_spent(WORK_MODULES);
	assert_ptr_equal(modules_meaning(modules, "crc32c", &err), meaning);
	assert_int_equal(limit_spent(WORK_MODULES), once);
	assert_true(modules_meaning(modules, "crc1", &err)->builtin);
	/* more lines may mean more; each module is there once */
	for (int i = 0; i < 100000; i++)
		at += sprintf(at, "alias %s virtio\n", i % 2 ? "q*r" : "crc32c");
	assert_int_equal(modules_add_alias(modules, lines, (size_t)(at - lines), &err), 0);
	meaning = modules_meaning(modules, "crc32c", &err);
	assert_int_equal(meaning->count, 3);
	assert_string_equal(meaning->list[2]->name, "virtio");
	assert_int_equal(modules_meaning(modules, "qqr", &err)->count, 1);
	assert_int_equal(modules_meaning(modules, "qr\\", &err)->count, 0);
	once = limit_spent(WORK_MODULES);
	assert_int_equal(modules_meaning(modules, "else", &err)->count, 0);
	/* one pass through all lines, and no more than that */
	once = limit_spent(WORK_MODULES) - once;
	assert_true(once >= 100000 * 6000 && once < 100020 * 20000);
	assert_int_equal(limit_spend(WORK_MODULES, LIMIT_MODULES_WORK - limit_spent(WORK_MODULES) - once / 2, NULL), 0);
	assert_null(modules_meaning(modules, "another", &err));
	assert_int_equal(err.code, EFBIG);
	assert_true(limit_spent(WORK_MODULES) <= LIMIT_MODULES_WORK + MODULES_LOOKUP_COST);
	/* a closure goes on without soft ones */
	assert_int_equal(modules_closure(modules, "ext4").required_count, 2);
	assert_int_equal(modules_closure(modules, "ext4").soft_count, 0);
	limits_begin_image();
	assert_int_equal(modules_meaning(modules, "another", &err)->count, 0);
	assert_int_equal(modules_closure(modules, "ext4").soft_count, 5);
}

static void several_softdeps(void **state)
{
	static const char dep[] = "b.ko:\nx.ko:\ny.ko:\nz.ko:\n";
	static const char lines[] = "softdep b pre: x y\nsoftdep b post: b\nsoftdep b pre: z\nsoftdep b pre:\n";
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct modules *modules = modules_new(arena);
	struct module_closure c;

	(void)state;
	assert_int_equal(modules_add_dep(modules, dep, strlen(dep), NULL), 0);
	assert_int_equal(modules_add_softdep(modules, lines, strlen(lines), NULL), 0);
	c = modules_closure(modules, "b");
	assert_int_equal(c.required_count, 1);
	assert_int_equal(c.soft_count, 3);
	assert_string_equal(c.soft[0]->name, "x");
	assert_string_equal(c.soft[1]->name, "y");
	assert_string_equal(c.soft[2]->name, "z");
}

static void chain(void **state)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct modules *modules = modules_new(arena);
	char *text = malloc(4 << 20);
	struct module_closure c;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 60000; i++)
		n += (size_t)sprintf(text + n, "k/m%d.ko: k/m%d.ko\n", i, (i + 1) % 60000);
	assert_int_equal(modules_add_dep(modules, text, n, NULL), 0);
	c = modules_closure(modules, "m0");
	assert_int_equal(c.required_count, 60000);
	assert_string_equal(c.required[59999]->name, "m0");
	n = 0;
	for (int i = 0; i < 70000; i++)
		n += (size_t)sprintf(text + n, "k/n%d.ko:\n", i);
	assert_int_equal(modules_add_dep(modules, text, n, NULL), -EFBIG);
	assert_int_equal(modules_add_alias(modules, text, LIMIT_MODULES_BYTES + 1, NULL), -EFBIG);
	assert_int_equal(modules_add_dep(modules, "k/a.ko:\0b", 9, NULL), -EFBIG);
	free(text);
	modules = modules_new(arena);
	assert_int_equal(modules_add_dep(modules, "k/a.ko:\0b\nk/c.ko:", 17, NULL), 0);
	assert_int_equal(modules_state(modules, "c"), MODULE_LOADABLE);
	assert_int_equal(modules_add_dep(modules, "", 0, NULL), 0);
}

/* How many slots of the table are looked at, to find each name once. */
static uint64_t probes_of(const struct names *names)
{
	uint64_t probes = 0;

	for (uint32_t slot = 0; slot < names->slot_count; slot++)
		if (names->slots[slot])
			probes += ((slot - names->list[names->slots[slot] - 1].hash) & (names->slot_count - 1)) + 1;
	return probes;
}

static uint32_t fnv1a(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* Two words of six letters that lead from one state of FNV-1a to the same other one; the result is that. */
static uint32_t collide(uint32_t from, char words[2][7])
{
	static uint32_t seen[1 << 20]; /* by the hash's lower bits: number of the word + 1 */

	memset(seen, 0, sizeof(seen));
	for (uint32_t n = 0;; n++) {
		uint32_t hash, other;

		for (unsigned i = 0; i < 6; i++)
			words[0][i] = (char)('a' + (n >> 4 * i) % 16);
		hash = fnv1a(from, words[0]);
		other = seen[hash % (1 << 20)];
		seen[hash % (1 << 20)] = n + 1;
		for (unsigned i = 0; i < 6; i++)
			words[1][i] = (char)('a' + ((other - 1) >> 4 * i) % 16);
		if (other && fnv1a(from, words[1]) == hash)
			return hash;
	}
}

/* Names that were all made for one place in a table, if its hash were one without a key. */
static void hostile_names(void **state)
{
#define WORDS 14
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct modules *modules = modules_new(arena);
	char words[WORDS][2][7] = { 0 }, *text = malloc(4 << 20);
	uint32_t hash = 2166136261U;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < WORDS; i++)
		hash = collide(hash, words[i]);
	for (uint32_t name = 0; name < 1U << WORDS; name++) {
		for (unsigned i = 0; i < WORDS; i++)
			n += (size_t)sprintf(text + n, "%s", words[i][name >> i & 1]);
		n += (size_t)sprintf(text + n, ".ko:\n");
	}
	assert_int_equal(modules_add_dep(modules, text, n, NULL), 0);
	assert_int_equal(modules->count, 1U << WORDS);
	/* half of the slots are empty at least */
	assert_true(probes_of(&modules->names) < 4ULL * modules->count);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(files), cmocka_unit_test(closure),
					    cmocka_unit_test(meanings), cmocka_unit_test(several_softdeps),
					    cmocka_unit_test(chain), cmocka_unit_test(hostile_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
