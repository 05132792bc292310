/* SPDX-License-Identifier: MIT */
/* spawn: see the header. */
#include "hypervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "hypervisor/guard.h"

#define ARGUMENTS 192
#define LINE_MAXIMUM (256u * 1024)

struct arguments {
	char *list[ARGUMENTS + 1];
	int count;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void add(struct arguments *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (a->count == ARGUMENTS || vasprintf(&a->list[a->count], format, ap) < 0)
		a->full = true;
	else
		a->list[++a->count] = NULL;
	va_end(ap);
}

static void option(struct arguments *a, const char *name, const char *value)
{
	add(a, "%s", name);
	add(a, "%s", value);
}

/* A file name in an option: QEMU wants a comma twice. */
static void file_option(struct arguments *a, const char *name, const char *before, const char *path)
{
	char quoted[4096];
	size_t n = 0;

	for (const char *p = path; *p && n < sizeof(quoted) - 2; p++) {
		if (*p == ',')
			quoted[n++] = ',';
		quoted[n++] = *p;
	}
	quoted[n] = '\0';
	add(a, "%s", name);
	add(a, "%s%s", before, quoted);
}

const char *spawn_program(const struct vm_config *config)
{
	if (config->qemu)
		return config->qemu;
	return config->machine == VM_AARCH64 ? "qemu-system-aarch64" : "qemu-system-x86_64";
}

static void machine(struct arguments *a, const struct vm_config *c)
{
	const char *cpu = c->accel == VM_KVM ? "host" : c->machine == VM_AARCH64 ? "cortex-a57" : "max";

	option(a, "-accel", c->accel == VM_KVM ? "kvm" : "tcg,thread=multi");
	option(a, "-cpu", cpu);
	add(a, "-machine");
	if (c->machine == VM_AARCH64)
		add(a, "virt,gic-version=%u%s%s%s", c->gic, c->acpi_off ? ",acpi=off" : "", c->properties ? "," : "",
		    c->properties ? c->properties : "");
	else
		add(a, "q35%s%s", c->properties ? "," : "", c->properties ? c->properties : "");
	add(a, "-smp");
	add(a, "%u", c->cpus);
	add(a, "-m");
	add(a, "%u", c->memory_mib);
	/* no menu, but the boot order is kept: it saves seconds */
	option(a, "-boot", "menu=on,splash-time=0");
	if (!c->ports)
		return;
	option(a, "-device", "pcie-root-port,id=port1,chassis=1,slot=1");
	option(a, "-device", "pcie-root-port,id=port2,chassis=2,slot=2");
}

static void disk(struct arguments *a, const struct vm_config *c, const char *id, const char *how, int fd, const char *more)
{
	add(a, "-drive");
	add(a, "if=none,id=%s,%s,file.locking=off,file.filename=/proc/self/fd/%d", id, how, fd);
	add(a, "-device");
	add(a, "%s,drive=%s%s", c->transport == VM_MMIO ? "virtio-blk-device" : "virtio-blk-pci", id, more);
}

static void storage(struct arguments *a, const struct vm_config *c)
{
	if (c->firmware && c->store >= 0) {
		file_option(a, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file.locking=off,file.filename=", c->firmware);
		add(a, "-drive");
		add(a, "if=pflash,unit=1,format=raw,file.locking=off,file.filename=/proc/self/fd/%d", c->store);
	} else if (c->firmware) {
		option(a, "-bios", c->firmware);
	}
	if (c->kernel) {
		option(a, "-kernel", c->kernel);
		if (c->initrd)
			option(a, "-initrd", c->initrd);
		option(a, "-append", c->append ? c->append : "");
	}
	if (c->disk >= 0)
		disk(a, c, "disk", "format=raw", c->disk, ",bootindex=0");
	if (c->image >= 0) {
		char how[64];

		/* what it writes goes to a nameless file of QEMU's own */
		snprintf(how, sizeof(how), "format=%s,snapshot=on", c->image_format);
		disk(a, c, "image", how, c->image, c->disk >= 0 ? ",serial=vmlint-image" : ",bootindex=0");
	}
	if (c->seed >= 0) {
		disk(a, c, "seed", "format=raw,readonly=on", c->seed, ",serial=vmlint-seed");
		/* a system may wait for its network before it asks cloud-init; this one gives an address and leads nowhere */
		option(a, "-netdev", "user,id=net,restrict=on");
		add(a, "-device");
		add(a, "%s,netdev=net", c->transport == VM_MMIO ? "virtio-net-device" : "virtio-net-pci,romfile=");
	}
}

static void keep(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

/* An image that is somebody's may turn QEMU against us. */
static void confine(struct arguments *a, const struct vm_config *c)
{
	/* a program that the user named may be built without it, and then ends */
	if (c->image >= 0 && !c->qemu)
		option(a, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

/* In the child: a write beyond is an error that the guest sees. */
static void limit_files(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return;
	if (limit.rlim_max > SPAWN_FILE_MAXIMUM)
		limit.rlim_cur = limit.rlim_max = SPAWN_FILE_MAXIMUM;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static char *command_line(const struct arguments *a)
{
	BUFFER_AUTO line = buffer_make(LINE_MAXIMUM);

	for (int i = 0; i < a->count; i++) {
		buffer_string(&line, i ? " " : "");
		text_shell(&line, a->list[i]);
	}
	return line.data ? strdup(line.data) : NULL;
}

struct program {
	const struct vm_config *config;
	struct arguments *arguments;
	int console, qmp, error;
};

/* QEMU's own process: everything is in place, or the reason goes to standard error. */
static void become(void *context)
{
	const struct program *p = context;
	const struct vm_config *config = p->config;
	struct arguments *a = p->arguments;
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	if (config->image >= 0)
		limit_files();
	dup2(null, 0);
	dup2(null, 1);
	dup2(p->error, 2);
	keep(p->console);
	keep(p->qmp);
	keep(config->store);
	keep(config->disk);
	keep(config->image);
	keep(config->seed);
	keep(config->scratch);
	execvp(a->list[0], a->list);
	dprintf(2, "%s: %s\n", a->list[0], strerror(errno));
}

static int pair(int kind, int ends[2])
{
	return kind ? pipe2(ends, O_CLOEXEC) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

int spawn_qemu(const struct vm_config *config, struct spawned *ret, struct error *err)
{
	int console[2] = { -1, -1 }, qmp[2] = { -1, -1 }, error[2] = { -1, -1 }, rc = 0;
	struct arguments a = { .count = 0 };
	struct program program = { .config = config, .arguments = &a };
	struct guard guard = { .keeper = -1, .become = become, .context = &program };

	if (pair(0, console) < 0 || pair(0, qmp) < 0 || pair(1, error) < 0)
		rc = error_set(err, errno, "no sockets for QEMU: %s", strerror(errno));
	add(&a, "%s", spawn_program(config));
	add(&a, "-nodefaults");
	add(&a, "-no-user-config");
	option(&a, "-display", "none");
	add(&a, "-chardev");
	add(&a, "socket,id=qmp,fd=%d", qmp[1]);
	option(&a, "-mon", "chardev=qmp,mode=control");
	machine(&a, config);
	add(&a, "-chardev");
	add(&a, "socket,id=console,fd=%d", console[1]);
	option(&a, "-serial", "chardev:console");
	storage(&a, config);
	confine(&a, config);
	for (const char *const *more = config->more; more && *more; more++)
		add(&a, "%s", *more);
	if (a.full && rc == 0)
		rc = error_set(err, ENOMEM, "QEMU's command line does not fit");
	program.console = console[1];
	program.qmp = qmp[1];
	program.error = error[1];
	ret->pid = rc == 0 ? guard_start(&guard) : -1;
	if (ret->pid < 0 && rc == 0)
		rc = error_set(err, -ret->pid, "cannot start %s: %s", a.list[0], strerror(-ret->pid));
	ret->line = rc == 0 ? command_line(&a) : NULL;
	for (int i = 0; i < a.count; i++)
		free(a.list[i]);
	close(console[1]);
	close(qmp[1]);
	close(error[1]);
	if (rc == 0) {
		ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
		ret->console = console[0];
		ret->qmp = qmp[0];
		ret->error = error[0];
		fcntl(console[0], F_SETFL, O_NONBLOCK);
		fcntl(qmp[0], F_SETFL, O_NONBLOCK);
		fcntl(error[0], F_SETFL, O_NONBLOCK);
	} else {
		close(console[0]);
		close(qmp[0]);
		close(error[0]);
	}
	return rc;
}
