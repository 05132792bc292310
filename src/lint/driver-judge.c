/* SPDX-License-Identifier: MIT */
/* driver-judge: one row of a profile and one kernel.
 *
 * The configuration decides where there is one.  modules.builtin and modules.dep stand in for it, which know of drivers that
 * have a module's name alone: a row without one is then not judged.  What another rule has to say (no modules at all, an initrd
 * that is missing, damaged or of another kernel) is left to it.
 */
#include <string.h>

#include "base/arena.h"
#include "image/initrds.h"
#include "lint/driver.h"
#include "lint/entry-findings.h"

bool driver_architecture(unsigned set, enum architecture architecture)
{
	return !set || architecture == ARCHITECTURE_UNKNOWN || (set & (1U << architecture));
}

static unsigned version_of(const struct kernel_release *release)
{
	unsigned version = kernel_version_parse(release->release);

	return version || !release_config(release) ? version : kernel_version_parse(release_config(release)->release);
}

/* Which name, if any, this kernel knows the symbol by.  A distribution may have brought a new name to an old kernel, so what the
 * configuration holds counts for more than the version. */
static const char *name_of(const struct kernel_release *release, unsigned version, const struct driver_symbol *symbol)
{
	if (!driver_architecture(symbol->architectures, release->architecture))
		return NULL;
	if (kconfig_find(release->config, symbol->name))
		return symbol->name;
	if (symbol->formerly && kconfig_find(release->config, symbol->formerly))
		return symbol->formerly;
	if (version && symbol->since && version < symbol->since)
		return symbol->formerly;
	if (version && symbol->until && version >= symbol->until)
		return NULL;
	return symbol->name;
}

static int rank(enum kconfig_value value)
{
	switch (value) {
	case KCONFIG_YES:
	case KCONFIG_OTHER: /* a number or a string is a setting too */
		return 2;
	case KCONFIG_MODULE:
		return 1;
	case KCONFIG_ABSENT:
	case KCONFIG_NOT_SET:
		break;
	}
	return 0;
}

static struct driver_judgement elsewhere(const char *reason)
{
	return (struct driver_judgement){ .fault = DRIVER_ELSEWHERE, .reason = reason };
}

/* By the configuration; *ret_loadable: it is good if its modules are where they must be. */
static struct driver_judgement judge_symbols(const struct driver_row *row, const struct kernel_release *release,
					     bool *ret_loadable)
{
	int least = row->where == DRIVER_WHERE_BUILTIN ? 2 : 1, best = -1, worst = 2;
	unsigned version = version_of(release);
	struct driver_judgement j = { .fault = DRIVER_OFF };
	bool any = false;

	for (unsigned i = 0; i < row->all_count; i++) {
		const char *name = name_of(release, version, &row->all[i]);
		enum kconfig_value value;

		if (!name)
			continue;
		any = true;
		value = kconfig_value(release->config, name);
		if (rank(value) < least) {
			j.symbol = name;
			j.value = value;
			return j;
		}
		worst = rank(value) < worst ? rank(value) : worst;
	}
	for (unsigned i = 0; i < row->any_count; i++) {
		const char *name = name_of(release, version, &row->any[i]);
		enum kconfig_value value;

		if (!name)
			continue;
		any = true;
		value = kconfig_value(release->config, name);
		if (rank(value) > best) {
			best = rank(value);
			j.symbol = name;
			j.value = value;
		}
	}
	if (best >= 0 && best < least)
		return j;
	if (!any && (row->all_count || row->any_count))
		return elsewhere("kernels of this version and architecture do not have it as an option of its own");
	worst = best >= 0 && best < worst ? best : worst;
	*ret_loadable = worst < 2 || !any;
	return (struct driver_judgement){ .fault = DRIVER_GOOD };
}

static struct driver_judgement judge_installed(const struct driver_row *row, const struct kernel_release *release)
{
	if (release->have_modules == UNREADABLE)
		return (struct driver_judgement){ .fault = DRIVER_UNTOLD,
						  .reason = "the modules cannot be read",
						  .error = &release->modules_error };
	if (release->have_modules == ABSENT)
		return elsewhere("there are no modules of this kernel: kernel-modules-missing");
	for (unsigned i = 0; i < row->module_count; i++) {
		switch (release_driver(release, NULL, row->modules[i])) {
		case DRIVER_ABSENT:
		case DRIVER_MODULE_GONE:
			return (struct driver_judgement){ .fault = DRIVER_NOT_INSTALLED, .module = row->modules[i] };
		case DRIVER_UNKNOWN:
			return (struct driver_judgement){ .fault = DRIVER_UNTOLD,
							  .module = row->modules[i],
							  .reason = "whether the module is installed is not known" };
		case DRIVER_MODULE:
		case DRIVER_BUILTIN:
			break;
		}
	}
	return (struct driver_judgement){ .fault = DRIVER_GOOD };
}

static struct driver_judgement judge_initrd(const struct driver_row *row, const struct boot_attempt *attempt)
{
	const struct initrd_facts *facts = attempt->initrd;

	if (!facts)
		return (struct driver_judgement){ .fault = DRIVER_UNTOLD, .reason = "the initrd was not looked at" };
	if (facts->have == UNREADABLE)
		return (struct driver_judgement){ .fault = DRIVER_UNTOLD,
						  .reason = "the initrd cannot be read",
						  .error = &facts->error };
	if (facts->have == ABSENT && attempt->initrd_count)
		return elsewhere("the initrd is missing: boot-initrd-missing");
	for (unsigned i = 0; i < row->module_count; i++) {
		struct driver_judgement j = { .fault = DRIVER_NOT_IN_INITRD, .module = row->modules[i] };
		const char *missing;

		switch (attempt_driver(attempt, NULL, j.module, &missing)) {
		case REACH_BUILTIN:
		case REACH_INITRD:
		case REACH_SOFT:
			break;
		case REACH_NO_DRIVER:
			j.fault = DRIVER_NOT_INSTALLED;
			return j;
		case REACH_MISSING:
			if (attempt_initrd_is_foreign(attempt))
				return elsewhere("the initrd is of another kernel: initrd-kernel-mismatch");
			j.needs = module_name_equal(j.module, strlen(j.module), missing) ? NULL : missing;
			return j;
		case REACH_UNKNOWN:
			if (facts->initrd && facts->initrd->damaged)
				return elsewhere("the initrd is damaged: initrd-corrupt");
			j.fault = DRIVER_UNTOLD;
			j.reason = "whether its module is in the initrd is not known";
			j.error = facts->error.code ? &facts->error : NULL;
			return j;
		}
	}
	return (struct driver_judgement){ .fault = DRIVER_GOOD };
}

/* A configuration that is damaged would tell; where there is none, that is said once, by kernel-config-missing. */
static struct driver_judgement lists_do_not_tell(const struct kernel_release *release, const char *reason)
{
	if (!release->config_damaged)
		return elsewhere(reason);
	return (struct driver_judgement){ .fault = DRIVER_UNTOLD,
					  .reason = "the kernel's configuration cannot be read",
					  .error = &release->config_error };
}

/* By modules.builtin and modules.dep. */
static struct driver_judgement judge_lists(const struct driver_row *row, const struct kernel_release *release,
					   bool *ret_loadable)
{
	struct driver_judgement j = { .fault = DRIVER_OFF, .by_lists = true };

	if (!row->module_count)
		return lists_do_not_tell(
			release,
			"the kernel's configuration is not known, and the lists of modules do not tell what can "
			"only be built in");
	for (unsigned i = 0; i < row->module_count; i++) {
		j.module = row->modules[i];
		switch (release_driver(release, NULL, j.module)) {
		case DRIVER_ABSENT:
			return j;
		case DRIVER_MODULE_GONE:
		case DRIVER_MODULE:
			j.value = KCONFIG_MODULE;
			if (row->where == DRIVER_WHERE_BUILTIN)
				return j;
			*ret_loadable = true;
			break;
		case DRIVER_UNKNOWN:
			return lists_do_not_tell(release,
						 "neither the kernel's configuration nor the lists of its modules tell");
		case DRIVER_BUILTIN:
			break;
		}
	}
	return (struct driver_judgement){ .fault = DRIVER_GOOD };
}

/* All that the kernel itself tells. */
static struct driver_judgement judge_kernel(const struct driver_row *row, const struct kernel_release *release,
					    bool *ret_loadable)
{
	unsigned version = version_of(release);

	*ret_loadable = false;
	if (!driver_architecture(row->architectures, release->architecture))
		return elsewhere("the kernel is for another architecture");
	if (row->since && version && version < row->since)
		return (struct driver_judgement){ .fault = DRIVER_TOO_OLD };
	if (release_config(release))
		return judge_symbols(row, release, ret_loadable);
	if (release->evidence == CONFIG_MODULES)
		return judge_lists(row, release, ret_loadable);
	if (release->config_error.code)
		return (struct driver_judgement){ .fault = DRIVER_UNTOLD,
						  .reason = "the kernel's configuration cannot be read",
						  .error = &release->config_error };
	return elsewhere("neither a configuration nor modules of the kernel were found");
}

bool driver_asks_initrd(const struct driver_row *row, const struct kernel_release *release)
{
	bool loadable;

	return row->where == DRIVER_WHERE_INITRD && judge_kernel(row, release, &loadable).fault == DRIVER_GOOD &&
	       loadable;
}

struct driver_judgement driver_judge(const struct driver_row *row, const struct kernel_release *release,
				     const struct boot_attempt *attempt)
{
	bool loadable;
	struct driver_judgement j = judge_kernel(row, release, &loadable);

	if (j.fault == DRIVER_GOOD && loadable) {
		j = row->where == DRIVER_WHERE_INITRD && attempt ? judge_initrd(row, attempt)
								 : judge_installed(row, release);
		j.by_lists = !release->config;
	}
	return j;
}
