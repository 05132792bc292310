/* SPDX-License-Identifier: MIT */
/* live: the script of a run: which boots, and what the guest is told in each. */
#include "hypervisor/live-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/stream.h"
#include "guest/record.h"
#include "hypervisor/disk.h"
#include "hypervisor/seed.h"
#include "hypervisor/spawn.h"

/* The variable that has to live on. */
#define VARIABLE "VmlintPersist"

/* A line of ours.  While a guest speaks, its data may not be cut in two. */
static void append(void *context, const char *text, size_t size)
{
	struct run *run = context;
	struct buffer *to = run->hello ? &run->held : &run->result->record;

	buffer_append(to, text, size);
	buffer_char(to, '\n');
}

void live_begin_boot(struct run *run, const char *how)
{
	live_settle(run);
	run->boot++;
	run->resets = 0;
	run->words = NULL;
	run->began = run->result->record.size;
	run->hello = false;
	run->told = TOLD_NOTHING;
	run->deadline = stream_now() + run->options->seconds * 1000ull;
	fact_begin(&run->facts, "host-boot");
	fact_decimal(&run->facts, "number", run->boot);
	fact_string(&run->facts, "how", how);
	fact_end(&run->facts);
	live_phase(run, "firmware");
}

static int start(struct run *run, const struct vm_config *config)
{
	int rc;

	run->ended = false;
	live_begin_boot(run, "cold");
	if (run->options->silence && !run->result->heard)
		run->silent_until = stream_now() + run->options->silence * 1000ull;
	rc = vm_start(config, ++run->starts, run->nonce, &run->vm, run->err);
	if (rc < 0)
		return rc;
	if (run->options->started && !config->command)
		run->options->started(run->options->context, run->starts, vm_command_line(run->vm));
	rc = live_wait(run, "ready");
	memcpy(run->result->version, vm_version(run->vm), sizeof(run->result->version));
	if (rc == 0) {
		run->result->told = true;
		fact_begin(&run->facts, "host-hypervisor");
		fact_string(&run->facts, "name", config->command ? "command" : "qemu");
		fact_string(&run->facts, "version", vm_version(run->vm));
		fact_end(&run->facts);
	}
	return rc;
}

static int power_off(struct run *run)
{
	struct vm_lines lines;
	int rc = vm_command(run->vm, "poweroff", run->err);

	run->told = TOLD_OFF;
	run->deadline = stream_now() + run->options->seconds * 1000ull;
	if (rc == 0)
		rc = live_wait(run, NULL);
	if (rc < 0)
		return rc;
	if (!run->ended)
		return error_set(run->err, EIO, "boot %u: the hypervisor ended without a word of why", run->boot);
	lines = vm_lines(run->vm);
	fact_begin(&run->facts, "host-lines");
	fact_decimal(&run->facts, "good", lines.good);
	fact_decimal(&run->facts, "lost", lines.lost);
	fact_decimal(&run->facts, "damaged", lines.damaged);
	fact_decimal(&run->facts, "foreign", lines.foreign);
	fact_end(&run->facts);
	vm_stop(run->vm);
	run->vm = NULL;
	return 0;
}

/* What the probe does with a variable that is to live on, since some firmware lets nobody write one who runs later. */
static int settings(struct run *run, const struct vm_config *config, uint64_t *offset, const char *variable, bool brief)
{
	const char *more = run->options->arguments;
	char text[SETTINGS_SIZE];

	snprintf(text, sizeof(text), "vmlint.nonce=%s vmlint.patience=%u%s%s%s%s%s", run->nonce, run->options->seconds,
		 run->options->persistent ? " vmlint.variable=" : "", run->options->persistent ? variable : "",
		 brief ? " vmlint.do=nothing maxcpus=1" : "", more ? " " : "", more ? more : "");
	/* QEMU keeps what it was given, so a reset of its machine is no brief one */
	if (config->kernel) {
		if (!run->append[0])
			snprintf(run->append, sizeof(run->append), "loglevel=4 %s", text);
		return 0;
	}
	return disk_settings(config->seed >= 0 ? config->seed : config->disk, offset, text, run->err);
}

/* A copy of the appliance: nameless, unless somebody else's hypervisor has to open it. */
static int copy_disk(const struct live_options *options, struct error *err)
{
	BUFFER_AUTO path = buffer_make(4096);
	int from, to, rc;

	if (!options->vm.command)
		return disk_copy(options->appliance, err);
	buffer_printf(&path, "%s/" SPAWN_DISK, options->vm.folder);
	if (path.overflowed)
		return error_set(err, ENAMETOOLONG, "%s: %s", options->vm.folder, strerror(ENAMETOOLONG));
	from = open(options->appliance, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return error_set(err, errno, "%s: %s", options->appliance, strerror(errno));
	rc = disk_save(from, path.data, err);
	close(from);
	if (rc < 0)
		return rc;
	to = open(path.data, O_RDWR | O_CLOEXEC);
	return to < 0 ? error_set(err, errno, "%s: %s", path.data, strerror(errno)) : to;
}

/* A new copy of the appliance: what firmware has put on the first is not the machine's. */
static int renew_disk(struct run *run, struct vm_config *config, uint64_t *offset)
{
	const char *first = run->options->keep_first;
	int disk;

	/* another hypervisor's gets the new one under the same name.  What cannot be kept is no reason to look no further. */
	if (first)
		disk_save(config->disk, first, &run->unkept);
	disk = copy_disk(run->options, run->err);
	if (disk < 0)
		return disk;
	close(config->disk);
	config->disk = disk;
	*offset = 0;
	return 0;
}

/* The boots that show whether a variable lives on: a warm reset, and another process with the same store and another disk. */
static int persist(struct run *run, struct vm_config *config, uint64_t *offset)
{
	char text[128];
	int rc;

	snprintf(text, sizeof(text), "variable write " VARIABLE " %s", run->nonce);
	rc = live_command(run, text);
	/* the disk's next reader is the firmware after the reset */
	if (rc == 0)
		rc = settings(run, config, offset, "read", true);
	run->told = TOLD_RESET;
	if (rc == 0)
		rc = vm_command(run->vm, "reboot", run->err);
	if (rc == 0)
		rc = live_wait(run, "reset");
	if (rc == 0)
		rc = live_wait(run, "ready");
	if (rc == 0)
		rc = live_command(run, "variable read " VARIABLE);
	if (rc == 0)
		rc = power_off(run);
	if (rc == 0 && config->disk >= 0)
		rc = renew_disk(run, config, offset);
	if (rc == 0)
		rc = settings(run, config, offset, "delete", true);
	if (rc == 0)
		rc = start(run, config);
	if (rc == 0)
		rc = live_command(run, "variable read " VARIABLE);
	return rc < 0 ? rc : live_command(run, "variable delete " VARIABLE);
}

static void describe(struct run *run, const struct vm_config *c)
{
	fact_begin(&run->facts, "guest");
	fact_decimal(&run->facts, "format", GUEST_FORMAT);
	fact_end(&run->facts);
	fact_begin(&run->facts, "host-machine");
	fact_string(&run->facts, "machine", c->machine == VM_AARCH64 ? "aarch64" : "x86_64");
	if (c->command) {
		/* what else it has is its own affair */
		fact_string(&run->facts, "hypervisor", "command");
		fact_end(&run->facts);
		return;
	}
	fact_string(&run->facts, "accel", c->accel == VM_KVM ? "kvm" : "tcg");
	if (c->machine == VM_AARCH64)
		fact_decimal(&run->facts, "gic", c->gic);
	fact_string(&run->facts, "started-by", c->kernel ? "qemu" : "firmware");
	fact_string(&run->facts, "transport", c->transport == VM_MMIO ? "mmio" : "pci");
	fact_string(&run->facts, "acpi", c->acpi_off ? "off" : "on");
	fact_decimal(&run->facts, "cpus", c->cpus);
	fact_decimal(&run->facts, "memory-mib", c->memory_mib);
	fact_string(&run->facts, "system", c->disk >= 0 ? "appliance" : "image");
	fact_string(&run->facts, "store", c->store >= 0 ? "yes" : "no");
	fact_end(&run->facts);
}

static int make_nonce(char nonce[FRAME_NONCE + 1], struct error *err)
{
	uint8_t random[FRAME_NONCE / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return error_set(err, errno, "no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* What went wrong before is what counts. */
static int keep(int fd, const char *path, int rc, struct error *err)
{
	struct error other;
	int kept = disk_save(fd, path, &other);

	if (rc < 0 || kept == 0)
		return rc;
	*err = other;
	return kept;
}

static int open_disks(struct run *run, struct vm_config *config)
{
	const struct live_options *o = run->options;

	if (o->appliance) {
		config->disk = copy_disk(o, run->err);
		if (config->disk < 0)
			return config->disk;
	}
	if (o->image) {
		config->image = open(o->image, O_RDONLY | O_CLOEXEC);
		if (config->image < 0)
			return error_set(run->err, errno, "%s: %s", o->image, strerror(errno));
	}
	if (o->program) {
		config->seed = seed_make(o->program, run->nonce, run->err);
		if (config->seed < 0)
			return config->seed;
	}
	return 0;
}

static void close_all(const struct vm_config *config)
{
	const int fds[] = { config->disk, config->image, config->seed, config->store, config->scratch };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

int live_run(const struct live_options *options, struct live_result *result, struct error *err)
{
	struct run run = { .options = options, .result = result, .err = err };
	struct vm_config config = options->vm;
	uint64_t offset = 0;
	int rc, ran;

	if (!config.folder)
		config.keeper = -1;
	*result = (struct live_result){ .record = buffer_make(LIVE_RECORD_MAXIMUM) };
	run.held = buffer_make(LIVE_RECORD_MAXIMUM);
	run.facts = facts_make(append, &run);
	config.store = config.scratch = config.disk = config.image = config.seed = -1;
	config.append = run.append;
	config.ports = options->hotplug;
	rc = make_nonce(run.nonce, err);
	if (rc == 0)
		rc = open_disks(&run, &config);
	if (rc == 0 && options->store) {
		config.store = disk_copy(options->store, err);
		rc = config.store < 0 ? config.store : 0;
	}
	if (rc == 0 && options->hotplug) {
		config.scratch = live_scratch(&run, err);
		rc = config.scratch < 0 ? config.scratch : 0;
	}
	if (rc == 0)
		rc = settings(&run, &config, &offset, "write", false);
	if (rc == 0) {
		describe(&run, &config);
		rc = start(&run, &config);
	}
	if (rc == 0 && options->hotplug)
		rc = live_hotplug(&run, config.scratch);
	if (rc == 0 && options->persistent)
		rc = persist(&run, &config, &offset);
	if (rc == 0)
		rc = power_off(&run);
	live_settle(&run);
	run.hello = false;
	if (rc < 0) {
		fact_begin(&run.facts, "host-trouble");
		fact_decimal(&run.facts, "boot", run.boot);
		result->trouble = run.trouble;
		if (run.trouble)
			fact_string(&run.facts, "kind", run.trouble);
		fact_errno(&run.facts, "code", rc);
		fact_string(&run.facts, "message", err->message);
		fact_decimal(&run.facts, "seconds", options->seconds);
		fact_string(&run.facts, "heard", result->heard ? "yes" : "no");
		fact_end(&run.facts);
	}
	vm_stop(run.vm);
	result->boots = rc < 0 && run.boot ? run.boot - 1 : run.boot;
	ran = rc;
	if (rc != -EINTR && config.disk >= 0 && options->keep_disk)
		rc = keep(config.disk, options->keep_disk, rc, err);
	if (rc != -EINTR && config.store >= 0 && options->keep_store)
		rc = keep(config.store, options->keep_store, rc, err);
	if (rc == 0 && run.unkept.code) {
		*err = run.unkept;
		rc = -err->code;
	}
	result->unkept = ran == 0 && rc < 0;
	close_all(&config);
	buffer_free(&run.held);
	facts_free(&run.facts);
	return rc;
}

void live_result_free(struct live_result *result)
{
	buffer_free(&result->record);
	for (int i = 0; i < LIVE_TAIL; i++)
		free(result->tail[i]);
}
