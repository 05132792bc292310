/* SPDX-License-Identifier: MIT */
/* grub_vm: what the parts of the interpreter share.
 *
 * A script is run several times where something is unknown: struct grub_state is all that one way through it changes, so
 * a copy of it is a point to begin from again.  struct grub_vm is what they have in common: the world, the limits that are
 * left, and the records.
 */
#ifndef BOOT_GRUB_VM_H
#define BOOT_GRUB_VM_H

#include "base/limits.h"
#include "boot/grub.h"

#define GRUB_CONTEXTS 16

struct grub_variable {
	const char *name;
	struct boot_text value;
	bool exported;
};

/* A menu entry that was defined but not run. */
struct grub_item {
	const char *title, *id;
	struct boot_place place;
	bool submenu, restricted;
	const struct boot_text *args;
	size_t arg_count;
	const struct grub_node *body;
};

struct grub_context {
	struct grub_variable *variables;
	size_t variable_count, variable_capacity;
	struct grub_item *items; /* the menu */
	size_t item_count, item_capacity;
	bool menu_truncated;
	const struct boot_device *device; /* of the configuration that made the context's menu */
	const char *file;                 /* NULL: a submenu */
};

/* A menu that is shown while an entry of it runs. */
struct grub_open_menu {
	const struct grub_open_menu *outer;
	const struct boot_device *device;
	const char *file;
};

struct grub_function {
	const char *name;
	const struct grub_node *body;
};

struct grub_status {
	int code;            /* 0 is true */
	const char *unknown; /* why it is not known, or NULL */
	struct boot_place place;
};

struct grub_state {
	struct grub_context contexts[GRUB_CONTEXTS];
	unsigned int context; /* the current one */
	struct grub_function functions[LIMIT_GRUB_FUNCTIONS];
	size_t function_count;
	const struct boot_text *args; /* $1 and on */
	size_t arg_count;
	bool in_scope; /* there are such */
	struct grub_status status;
	unsigned int loops, breaks; /* loops being run; how many are to be left */
	bool is_continue, returning;
	unsigned int calls, sources; /* depths */
	const struct grub_saved *saved;
	bool wildcards; /* the module regexp is there: * and ? are expanded */

	struct grub_attempt *current; /* loaded, not yet started */
	struct grub_file *current_initrds;
	size_t current_capacity;
	struct grub_attempt attempts[LIMIT_GRUB_ATTEMPTS];
	size_t attempt_count;
	bool has_devicetree;
	struct grub_file devicetree;
	bool asks; /* these five as in struct grub_course */
	struct boot_place asks_place;
	uint64_t slept, slept_longest;
	struct boot_place slept_place;

	bool stop; /* nothing more is run; the next three say why */
	enum grub_end end;
	struct boot_place end_place;
	const char *end_reason;
	const struct grub_menu *menu;
};

struct grub_choices {
	struct grub_assumption list[LIMIT_GRUB_CHOICES];
	bool flipped[LIMIT_GRUB_CHOICES];
	size_t count, position;
	bool truncated;
};

struct grub_vm {
	struct arena *arena;
	const struct boot_world *world;
	const struct grub_start *start;
	struct grub_state *s;
	struct grub_choices *choices;
	const char *prefix; /* at the start */

	unsigned int start_number; /* 1, and more after restarts */
	const char *only;          /* run this entry alone ("1>2"); NULL: all */
	bool only_default;         /* run the default entries alone */
	unsigned int menus;        /* depth */
	const struct grub_open_menu *open; /* the innermost */
	bool by_default;           /* nobody need choose the entry being run */
	bool restricted;           /* the entry being run is, and so are those of its submenu */
	const char *path;          /* of the entry being run, for those of its submenu; NULL: none */

	size_t steps, bytes, source_bytes; /* used */
	bool limited;

	struct grub_lookup *lookups;
	struct grub_parsed *parsed;
	struct grub_search searches[LIMIT_GRUB_RECORDS];
	struct grub_config configs[LIMIT_GRUB_RECORDS];
	struct grub_module modules[LIMIT_GRUB_RECORDS];
	struct grub_unknown unknowns[LIMIT_GRUB_RECORDS];
	struct grub_problem problems[LIMIT_GRUB_RECORDS];
	size_t search_count, config_count, module_count, unknown_count, problem_count;
};

/* A command being run. */
struct grub_call {
	const char *name;
	const struct boot_text *args;
	size_t count;
	struct boot_place place;
	const struct grub_node *node;
};

typedef struct grub_status grub_command(struct grub_vm *vm, const struct grub_call *call);

static inline struct grub_status grub_ok(void)
{
	return (struct grub_status){ 0 };
}

static inline struct grub_status grub_failed(void)
{
	return (struct grub_status){ .code = 1 };
}

/* Memory that a text took: arrays grow by doubling. */
static inline size_t grub_text_bytes(const struct boot_text *text)
{
	return 64 + 2 * (text->length + text->origin_count * sizeof(*text->origins));
}

/* grub_vm.c */
bool grub_spend(struct grub_vm *vm, size_t steps, size_t bytes, struct boot_place place);
void grub_stop(struct grub_vm *vm, enum grub_end end, struct boot_place place, const char *reason);
bool grub_choose(struct grub_vm *vm, const char *reason, struct boot_place place);
struct grub_status grub_not_known(struct grub_vm *vm, struct boot_place place, const char *reason);
struct grub_state *grub_state_copy(struct grub_vm *vm, const struct grub_state *state);
/* Runs `body` from a copy of the present state once for each way through it; the present state stays as it is. */
const struct grub_course *grub_explore(struct grub_vm *vm, void (*body)(struct grub_vm *, void *), void *data,
				       size_t *ret_count, bool *ret_truncated);
/* boot_text_slice() that counts its memory. */
struct boot_text grub_slice(struct grub_vm *vm, const struct boot_text *text, size_t offset, size_t length);
bool grub_same_place(const struct boot_place *a, const struct boot_place *b);

/* grub_env.c */
const struct boot_text *grub_get(const struct grub_vm *vm, const char *name);
/* The value's text; NULL: not set, or not known. */
const char *grub_get_text(const struct grub_vm *vm, const char *name);
void grub_set(struct grub_vm *vm, const char *name, const struct boot_text *value);
void grub_set_string(struct grub_vm *vm, const char *name, const char *value);
void grub_set_unknown(struct grub_vm *vm, const char *name, const char *reason, struct boot_place place);
void grub_unset(struct grub_vm *vm, const char *name);
void grub_export(struct grub_vm *vm, const char *name);
bool grub_context_open(struct grub_vm *vm, struct boot_place place);
void grub_context_close(struct grub_vm *vm);

/* grub_expand.c: the words' values; the arrays live in the arena */
struct boot_text *grub_expand(struct grub_vm *vm, const struct grub_word *words, size_t count, size_t *ret_count);

/* grub_wildcard.c: the files that a word with wildcards means, none if there are none; NULL with *ret_unknown: not known */
struct boot_text *grub_wildcard(struct grub_vm *vm, const struct boot_text *word, struct boot_place place, size_t *ret_count,
				const char **ret_unknown);

/* grub_options.c */
struct grub_option {
	const char *name; /* without dashes; NULL ends a list */
	char letter;      /* 0: it has none */
	bool takes_value;
};

struct grub_options {
	const struct grub_call *call;
	const struct grub_option *options;
	size_t position; /* of the next word */
	const char *letters; /* the rest of a word such as -fs */
	bool plain;      /* after --: there are no more options */
};

enum { GRUB_OPTION_END = -1, GRUB_ARGUMENT = -2, GRUB_OPTION_UNKNOWN = -3 };

/* The number of the next option, with its value or NULL; or one of those above. */
int grub_next_option(struct grub_vm *vm, struct grub_options *options, const struct boot_text **ret_value);

/* grub_exec.c */
struct grub_status grub_exec_list(struct grub_vm *vm, const struct grub_node *list);
struct grub_status grub_call_body(struct grub_vm *vm, const struct grub_node *body, const struct boot_text *args,
				  size_t count, struct boot_place place);

/* grub_file.c */
struct fs *grub_resolve(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file);
/* Looks the file up; *ret_type, if not NULL, is what it is. */
void grub_find(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file, enum fs_type *ret_type,
	       uint64_t *ret_size);
/* Lists a folder; the entries live in `scratch`.  false: why not is in file->found and file->reason. */
bool grub_list(struct grub_vm *vm, const struct boot_text *text, struct arena *scratch, struct grub_file *file,
	       struct fs_entry **ret, size_t *ret_count);
const struct boot_device *grub_device(struct grub_vm *vm, const char *name);
/* Reads the file: 0, or why not in file->found and file->reason, and then nonzero. */
int grub_read(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file, size_t maximum, char **ret,
	      size_t *ret_size, const struct boot_source **ret_source);
const struct grub_script *grub_read_script(struct grub_vm *vm, const struct boot_text *text, struct grub_file *file);
void grub_record_problems(struct grub_vm *vm, const struct grub_script *script);

/* grub_menu.c */
grub_command grub_cmd_menuentry;
bool grub_add_item(struct grub_vm *vm, const struct grub_item *item);
void grub_show_menu(struct grub_vm *vm);

/* grub_loader.c */
grub_command grub_cmd_linux, grub_cmd_initrd, grub_cmd_chainloader, grub_cmd_devicetree, grub_cmd_multiboot,
	grub_cmd_module, grub_cmd_boot;
/* What was loaded is started, or given up at the end of an entry. */
void grub_finish_attempt(struct grub_vm *vm, bool started);

/* grub_source.c */
grub_command grub_cmd_source, grub_cmd_configfile, grub_cmd_normal, grub_cmd_load_env, grub_cmd_save_env,
	grub_cmd_insmod, grub_cmd_eval;
void grub_run_normal(struct grub_vm *vm, const struct boot_text *file, struct boot_place place);

/* grub_regexp.c */
grub_command grub_cmd_regexp;

/* grub_test.c, grub_search.c, grub_blscfg.c, grub_command.c */
grub_command grub_cmd_test, grub_cmd_search, grub_cmd_probe, grub_cmd_blscfg;
grub_command *grub_find_command(const char *name);

#endif
