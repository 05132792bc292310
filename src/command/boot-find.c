/* SPDX-License-Identifier: MIT */
/* boot-find: where the appliance, QEMU and the firmware are on this machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "command/boot.h"

/* The packages of Debian, Fedora, Arch and openSUSE, and what QEMU brings along. */
static const struct firmware {
	enum vm_machine machine;
	const char *code, *store;
} firmwares[] = {
	{ VM_AARCH64, "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd" },
	{ VM_AARCH64, "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd", "/usr/share/AAVMF/AAVMF_VARS.fd" },
	{ VM_AARCH64, "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw" },
	{ VM_AARCH64, "/usr/share/edk2/aarch64/QEMU_CODE.fd", "/usr/share/edk2/aarch64/QEMU_VARS.fd" },
	{ VM_AARCH64, "/usr/share/qemu/aavmf-aarch64-code.bin", "/usr/share/qemu/aavmf-aarch64-vars.bin" },
	{ VM_AARCH64, "/usr/share/qemu/edk2-aarch64-code.fd", "/usr/share/qemu/edk2-arm-vars.fd" },
	{ VM_X86_64, "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	{ VM_X86_64, "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
	{ VM_X86_64, "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	{ VM_X86_64, "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
	{ VM_X86_64, "/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin" },
	{ VM_X86_64, "/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd" },
};

static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

static const char *machine_name(enum vm_machine machine)
{
	return machine == VM_AARCH64 ? "aarch64" : "x86_64";
}

/* The store that stands beside the code by its name, X_CODE_Y and X_VARS_Y, or NULL. */
static const char *beside(const struct boot_options *o)
{
	char *store = arena_strdup(o->common.arena, o->firmware), *slash = strrchr(store, '/');
	char *code = strstr(slash ? slash : store, "CODE");

	if (!code)
		return NULL;
	memcpy(code, "VARS", 4);
	return readable(store) ? store : NULL;
}

static int find_firmware(struct boot_options *o, struct error *err)
{
	bool no_store = o->store && !strcmp(o->store, "none");

	if (no_store)
		o->store = NULL;
	if (o->firmware && !readable(o->firmware))
		return error_set(err, errno, "%s: %s", o->firmware, strerror(errno));
	for (size_t i = 0; i < sizeof(firmwares) / sizeof(*firmwares); i++) {
		const struct firmware *f = &firmwares[i];

		if (o->firmware ? strcmp(o->firmware, f->code) : f->machine != o->machine || !readable(f->code))
			continue;
		o->firmware = f->code;
		if (!o->store && !no_store && readable(f->store))
			o->store = f->store;
		return 0;
	}
	if (o->firmware && !o->store && !no_store)
		o->store = beside(o);
	if (o->firmware)
		return 0;
	return error_set(err, ENOENT, "no UEFI firmware for %s is installed: apt install %s, or --firmware=FILE",
			 machine_name(o->machine), o->machine == VM_AARCH64 ? "qemu-efi-aarch64" : "ovmf");
}

/* Runs make in the source tree, its output on standard error. */
static int make_appliance(const char *tree, const char *target, struct error *err)
{
	pid_t pid;
	int status = -1;

	fprintf(stderr, "vmlint: %s/%s is not there yet: making it, once\n", tree, target);
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execlp("make", "make", "--no-print-directory", "-C", tree, target, (char *)NULL);
		fprintf(stderr, "vmlint: make: %s\n", strerror(errno));
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, EIO, "the appliance could not be made: try `make -C %s deps appliance`", tree);
}

/* Is this the user's own, for others not to write to?  What is run must not be what anybody has put beside the program. */
static bool is_ours(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* A source tree of the user's own, whose `make` may be called. */
static bool is_tree(struct arena *arena, const char *path)
{
	return is_ours(path) && is_ours(arena_printf(arena, "%s/Makefile", path)) &&
	       is_ours(arena_printf(arena, "%s/src/appliance/appliance.mk", path));
}

/* Beside this program, where a build puts it; below share beside its bin, where `make install` does. */
static int find_made(const struct boot_options *o, const char *name, const char **ret, struct error *err)
{
	struct arena *arena = o->common.arena;
	char self[LIMIT_FILE_NAME];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *tree = NULL, *candidates[4];
	int rc;

	self[n > 0 ? n : 0] = '\0';
	if (self[0] == '/')
		*strrchr(self, '/') = '\0';
	candidates[0] = arena_printf(arena, "%s/%s", self, name);
	candidates[1] = arena_printf(arena, "%s/../%s", self, name); /* of a build with sanitizers */
	candidates[2] = arena_printf(arena, "%s/../share/vmlint/%s", self, name);
	candidates[3] = arena_printf(arena, "%s/%s", VMLINT_DATADIR, name);
	for (int i = 0; i < 4; i++) {
		if (readable(candidates[i])) {
			*ret = candidates[i];
			return 0;
		}
	}
	for (int i = 1; i <= 2 && !tree; i++) {
		const char *up = arena_printf(arena, "%s/%s", self, i == 1 ? ".." : "../..");

		if (is_tree(arena, up))
			tree = realpath(up, NULL);
	}
	if (!tree)
		return error_set(err, ENOENT, "%s is not installed: `make appliance` in vmlint's source tree makes it, and `make "
				 "install` puts it into " VMLINT_DATADIR, name);
	rc = make_appliance(tree, arena_printf(arena, "build/%s", name), err);
	*ret = arena_printf(arena, "%s/build/%s", tree, name);
	free((char *)tree);
	return rc;
}

int boot_find(struct boot_options *options, struct error *err)
{
	int rc = options->command ? 0 : find_firmware(options, err);
	bool inside;

	if (rc == 0 && options->image.argument && options->image.inside != BOOT_BESIDE)
		rc = find_made(options, arena_printf(options->common.arena, "vmlint-guest-%s", machine_name(options->machine)),
			       &options->image.program, err);
	inside = options->image.argument && options->image.inside == BOOT_INSIDE;
	if (rc == 0 && !options->appliance && !inside)
		rc = find_made(options, arena_printf(options->common.arena, "appliance-%s.img", machine_name(options->machine)),
			       &options->appliance, err);
	if (rc < 0)
		return rc;
	return boot_fits(options->common.arena, inside ? NULL : options->appliance, options->image.program, err);
}
