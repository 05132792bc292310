/* SPDX-License-Identifier: MIT */
/* load: closures by modules.dep, files by finit_module. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "guest/gather.h"
#include "linux/modules.h"

static const char *const wanted[] = { "efivarfs", "virtio_pci", "virtio_mmio", "virtio_blk", "virtio_net", "virtio_console",
				      "virtio_balloon", "xen_blkfront", "xen_netfront", "af_packet" };

static int insert(const char *folder, const char *path)
{
	char file[512];
	int fd, rc;

	snprintf(file, sizeof(file), "%s/%s", folder, path);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

void load_modules(struct facts *facts, bool brief)
{
	ARENA_AUTO arena = arena_new(64 * MiB);
	struct modules *modules = modules_new(arena);
	struct utsname name;
	struct error err;
	char folder[256], path[300];
	size_t size;
	char *text;

	uname(&name);
	snprintf(folder, sizeof(folder), "/lib/modules/%s", name.release);
	snprintf(path, sizeof(path), "%s/modules.dep", folder);
	text = file_read(path, 8 * MiB, &size);
	if (!text || modules_add_dep(modules, text, size, &err) < 0) {
		free(text);
		return;
	}
	free(text);
	/* the first is for variables, the others are for devices */
	for (size_t i = 0; i < (brief ? 1 : sizeof(wanted) / sizeof(*wanted)); i++) {
		struct module_closure need;

		if (!modules_find(modules, wanted[i]))
			continue;
		need = modules_closure(modules, wanted[i]);
		for (uint32_t k = 0; k < need.required_count; k++) {
			int rc = insert(folder, need.required[k]->path);

			/* one that several others need */
			if (rc == -EEXIST)
				continue;
			fact_begin(facts, "module");
			fact_string(facts, "name", need.required[k]->name);
			fact_errno(facts, "load", rc);
			fact_end(facts);
		}
	}
}
