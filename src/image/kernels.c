/* SPDX-License-Identifier: MIT */
/* kernels: opens kernels and finds out which release each one is.  Where installed ones lie is in kernels-installed.c. */
#include "image/kernels.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf16.h"
#include "efi/pe.h"
#include "image/releases.h"

#define UNAME_BYTES 256

struct location kernel_place(const struct kernel_file *file)
{
	return (struct location){ .partition = file->filesystem->partition, .volume = file->filesystem->volume,
				  .path = file->path };
}

/* "6.1.0-56-arm64", and not "0-rescue-1b2c" or a machine's id */
static bool is_release(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && digits < 4 && text[digits] == '.' && isdigit((unsigned char)text[digits + 1]);
}

/* Without what packages and loaders put behind a release in a file's name. */
static const char *without_suffix(struct arena *arena, const char *name)
{
	static const char *const suffixes[] = { ".efi", ".gz", ".img", ".signed", ".old", ".unsigned" };
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (length > n && !ascii_casecmp(name + length - n, suffixes[i]))
			return arena_strndup(arena, name, length - n);
	}
	return name;
}

/* The counters of automatic boot assessment: debian-6.1.0+3-1.efi.  A release may have a "+" of its own. */
static const char *without_counters(struct arena *arena, const char *name)
{
	const char *plus = strrchr(name, '+'), *p = plus ? plus + 1 : NULL;
	size_t digits = p ? strspn(p, "0123456789") : 0;

	if (!digits)
		return name;
	p += digits;
	if (*p == '-' && p[1] && !p[1 + strspn(p + 1, "0123456789")])
		p += strlen(p);
	return *p ? name : arena_strndup(arena, name, (size_t)(plus - name));
}

/* The release that a kernel's path promises, or NULL: vmlinuz-RELEASE, RELEASE/linux, TOKEN-RELEASE.efi. */
static const char *promised_release(struct arena *arena, const char *path, bool in_uki)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *base = without_suffix(arena, name);

	if (in_uki)
		base = without_counters(arena, base);
	for (const char *p = base; *p; p++)
		if ((p == base ? in_uki : p[-1] == '-' || p[-1] == '_') && is_release(p))
			return p;
	if (!slash || slash == path)
		return NULL;
	base = arena_strndup(arena, path, (size_t)(slash - path));
	name = strrchr(base, '/');
	name = name ? name + 1 : base;
	return is_release(name) ? name : NULL;
}

/* What a UKI's .uname section says. */
static const char *uki_release(struct arena *arena, const struct kernel_file *file)
{
	struct fs *fs = file->filesystem->fs;
	const struct pe_section *section;
	const uint8_t *bytes;
	const struct pe *pe;
	struct view *view;
	size_t size;

	if (!fs || fs_file_view(fs, arena, file->handle, &view, NULL) < 0 || pe_read(arena, view, &pe, NULL) < 0 ||
	    pe->status != PE_OK)
		return NULL;
	section = pe_section(pe, ".uname");
	if (!section || pe_section_read(arena, view, pe, section, UNAME_BYTES, &bytes, &size, NULL) < 0)
		return NULL;
	size = strcspn((const char *)bytes, " \n\r\t");
	for (size_t i = 0; i < size; i++)
		if (bytes[i] < '!' || bytes[i] > '~' || bytes[i] == '/')
			return NULL;
	return size ? arena_strndup(arena, (const char *)bytes, size) : NULL;
}

/* Looks inside.  A kernel that cannot be looked into has no release, and says nothing more: it is judged by its headers. */
static const char *scanned_release(struct image *image, const struct kernel *kernel)
{
	struct kernel *k = (struct kernel *)(uintptr_t)kernel;

	if (kernel_scan(image->arena, k, KERNEL_WANT_VERSION, limits_kernel_bytes(), NULL) < 0)
		return NULL;
	return kernel->release;
}

/* A name from inside an image becomes part of paths. */
static bool usable(const char *release)
{
	return release && *release && *release != '.' && strlen(release) <= 128 && !strchr(release, '/');
}

static bool is_installed(const struct kernel_release *release)
{
	return release->modules_path || release->system;
}

/* A name is taken at its word where something of that release is installed; else, and with --thorough, the kernel itself is
 * asked.  That costs more than the rest of a lint: 13 ms for an Image of 27 MB, 60 for one of gzip, 600 for a zImage of xz. */
static struct kernel_release *find_release(struct image *image, struct kernel_file *file)
{
	const char *name = file->kernel->release, *promised = NULL;
	struct kernel_release *release;

	if (!usable(name) && file->in_uki)
		name = uki_release(image->arena, file);
	if (!usable(name)) {
		promised = promised_release(image->arena, file->path, file->in_uki);
		if (usable(promised) && !image->thorough) {
			release = image_release(image, promised, file->filesystem);
			if (is_installed(release))
				return release;
		}
		name = scanned_release(image, file->kernel);
	}
	if (!usable(name))
		name = promised;
	return usable(name) ? image_release(image, name, file->filesystem) : NULL;
}

static void open_kernel(struct image *image, struct kernel_file *file)
{
	struct kernel *kernel = NULL;

	if (!file->view) {
		file->kernel = ARENA_NEW(image->arena, struct kernel);
		return;
	}
	if (kernel_open(image->arena, file->view, &kernel, &file->error) < 0) {
		file->have = UNREADABLE;
		return;
	}
	file->kernel = kernel;
	if (kernel->format == KERNEL_NONE)
		return;
	file->have = HAVE;
	file->architecture = architecture_of_machine(kernel->machine);
	if (kernel->efi_stub && kernel->wrapper == COMPRESSION_NONE && !file->in_uki)
		pe_read(image->arena, file->view, &file->pe, NULL);
	file->release = find_release(image, file);
	if (!file->release)
		return;
	if (!file->release->architecture)
		file->release->architecture = file->architecture;
	if (!file->release->state->file)
		file->release->state->file = file;
}

struct kernel_file *image_kernel_file(struct image *image, const struct filesystem *filesystem, uint64_t handle,
				      const char *path, struct view *view, bool in_uki)
{
	struct kernel_file **end = &image->kernel_files, *file;

	for (; *end; end = &(*end)->next) {
		file = *end;
		if (file->filesystem == filesystem && file->in_uki == in_uki &&
		    ((file->handle == handle && handle != KERNEL_FILE_UNSEEN) || !strcmp(file->path, path)))
			return file;
	}
	file = ARENA_NEW(image->arena, struct kernel_file);
	*end = file;
	file->filesystem = filesystem;
	file->handle = handle;
	file->path = path;
	file->in_uki = in_uki;
	file->view = view;
	open_kernel(image, file);
	return file;
}
