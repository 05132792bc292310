/* SPDX-License-Identifier: MIT */
/* modules: what depmod and the kernel's build say of one release's modules, and what one of them needs.
 *
 * Made of /lib/modules/RELEASE/modules.dep, modules.builtin, modules.softdep and modules.alias, as many of them as there are.
 * Sources: modules.dep(5), modprobe.d(5), depmod of kmod 30.
 */
#ifndef LINUX_MODULES_H
#define LINUX_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "linux/names.h"

/* What these files tell of a driver: weaker evidence than a configuration, because a driver is known by its module's name,
 * and what can only be built in has none. */
enum module_state {
	MODULE_UNKNOWN,  /* in no list */
	MODULE_BUILTIN,
	MODULE_LOADABLE, /* its file is installed, or modules.dep says so */
};

struct module_soft {
	const char *const *names; /* as written: module names or aliases */
	uint32_t count;
};

struct module {
	const char *name; /* normalised: virtio_blk */
	const char *path; /* as in the list: kernel/drivers/block/virtio_blk.ko.xz */
	enum module_state state;
	const char *const *needs; /* paths, as modules.dep has them */
	uint32_t need_count;
	struct module_soft before; /* softdep ... pre: */
	bool seen; /* while a closure is made */
	uint32_t meant; /* by the name that was looked up last of those that mean it: its number, from 1 */
};

struct module_alias {
	const char *pattern; /* with shell wildcards */
	const char *name;    /* of the module, normalised */
};

/* What a soft dependency means that is no module's name. */
struct module_meaning {
	bool builtin; /* a module that is built in begins like it: crc32c_generic for crc32c.  modules.builtin has no aliases */
	const struct module **list; /* those that have it as an alias, each once, in the order of modules.alias */
	uint32_t count;
};

struct modules {
	struct arena *arena;
	struct module *list; /* in the order of the files */
	uint32_t count, capacity;
	struct names names;
	struct module_alias *aliases;
	uint32_t alias_count, alias_capacity;
	struct names meanings_of; /* names that modules_meaning was asked for, and its answers */
	struct module_meaning **meanings;
	uint32_t meaning_capacity, lookups;
	bool has_dep, has_builtin; /* these files were given */
	unsigned strange_lines;    /* that could not be understood, in all files */
};

/* An empty set. */
struct modules *modules_new(struct arena *arena);

/* Adds what a file says.  The text is copied into the arena.  0, or -EFBIG over LIMIT_MODULES_BYTES or LIMIT_MODULES. */
int modules_add_dep(struct modules *modules, const void *text, size_t size, struct error *err);
int modules_add_builtin(struct modules *modules, const void *text, size_t size, struct error *err);
int modules_add_softdep(struct modules *modules, const void *text, size_t size, struct error *err);
int modules_add_alias(struct modules *modules, const void *text, size_t size, struct error *err);

/* The normalised name of the module in a file of that path, in the arena; NULL when it is not called .ko, .ko.gz, .ko.xz,
 * .ko.zst, .ko.lz4 or .ko.bz2.  Normalised means that dashes are underscores. */
const char *module_name(struct arena *arena, const char *path);

/* The same without a copy: *ret_length is the length of the name before its .ko, with dashes as they are; NULL if it is none. */
const char *module_base_name(const char *path, size_t length, size_t *ret_length);

/* Why what lies at the path of a module can be none, by its first bytes ("it is empty"); NULL where nothing says so.  `data`
 * holds the first min(size, MODULE_HEAD) bytes of the file. */
#define MODULE_HEAD 64
const char *module_fault(const char *path, const uint8_t *data, uint64_t size);

/* Of the same bytes: for which machine a module was made, as its ELF header says (e_machine); 0: that is not known, or it is
 * compressed. */
uint16_t module_machine(const char *path, const uint8_t *data, uint64_t size);

/* Is the name (of `length` bytes) the normalised one, if its dashes were underscores? */
bool module_name_equal(const char *name, size_t length, const char *normalised);

/* By name, dashes or underscores; NULL when no list has it. */
const struct module *modules_find(const struct modules *modules, const char *name);
enum module_state modules_state(const struct modules *modules, const char *name);

/* What looking a name up among modules counts for, in picoseconds of WORK_MODULES. */
#define MODULES_LOOKUP_COST 150000ULL

/* Looks the name up in all aliases, once: the answer is kept, and so is `name`, which must live as long as the set.  NULL, by
 * limit_error, when that is too much work for one image (WORK_MODULES). */
const struct module_meaning *modules_meaning(struct modules *modules, const char *name, struct error *err);

/* What has to be loaded for a module, itself included, dependencies first. */
struct module_closure {
	const struct module **required; /* by modules.dep; built-in ones are left out */
	uint32_t required_count;
	const struct module **soft;     /* asked for by softdep pre:, with all that they need: modprobe goes on without them */
	uint32_t soft_count;
	const char **missing;           /* paths and names that no list has */
	uint32_t missing_count;
};

/* The closure of a module by name.  A name that no list has is itself missing; one that is built in needs nothing.  In the
 * arena of the set. */
struct module_closure modules_closure(struct modules *modules, const char *name);

#endif
