/* SPDX-License-Identifier: MIT */
/* kernel-missing: there is no kernel to boot
 *
 * severity: error
 * effect:   blocks-boot
 * section:  VM Image Format
 * clause:   I6
 *
 * What a boot entry starts is no Linux kernel (an empty file, a text, a file that was cut off while it was copied), or the
 * image holds an installed system and not a single kernel: neither in /boot nor below /usr/lib/modules, nor on the EFI system
 * partition, nor inside a unified kernel image. Images made from a container's root file system lack one for this reason: install
 * the distribution's kernel package in the image and let it make its boot entry.
 *
 * An entry that names a file which is not there is another rule's affair: boot-kernel-missing.
 *
 * good:   debian-arm64 debian-amd64 systemd-boot-arm64 uki-arm64
 * bad:    debian-arm64 | part 2 truncate-file /boot/vmlinuz-* 0
 * expect: !p2/boot/vmlinuz-*: error: what the boot entry starts is no Linux kernel: the file is empty
 * bad:    debian-arm64 | part 2 poke-file /boot/vmlinuz-* 56 00000000
 * expect: !p2/boot/vmlinuz-*: error: what the boot entry starts is no Linux kernel
 * bad:    debian-arm64 | grub write "" | part 2 rm-glob /boot/vmlinuz-?*
 * expect: !p2: error: Debian GNU/Linux 12 (bookworm) is installed here, and the image has no kernel
 * expect: !p2/boot/grub/grub.cfg: error: * [boot-config-missing]
 * bad:    debian-arm64 | ext journal-dirty 2 | --reader=native | --select=kernel-missing
 * expect: : not evaluated: cannot look for kernels everywhere: * ext4 file system in partition 2 *
 * bad:    debian-arm64 | part 2 truncate-file /boot/vmlinuz-* 99%
 * expect: !p2/boot/vmlinuz-*: error: the kernel (Image) is damaged: it ends before what its header refers to
 * bad:    debian-arm64 | part 2 truncate-file /boot/vmlinuz-* 100
 * expect: !p2/boot/vmlinuz-*: error: the kernel (Image) is damaged: it ends within its header
 * bad:    debian-arm64 | grub write "set timeout=1\nfor d in (hd0,gpt*); do if [ -f $d/x ]; then set root=$d; fi; done\nmenuentry a {\n linux /x root=/dev/vda2 console=ttyAMA0\n}\n"
 * expect: : not evaluated: the kernel that "a" boots is not known: (hd0,gpt*) stands for devices * [kernel-arch*]
 * expect: : not evaluated: the kernel that boots is not known: (hd0,gpt*) stands for devices * [driver-*]
 * expect: : not evaluated: whether the entry "a" boots is not known: (hd0,gpt*) stands for * [boot-kernel-missing*]
 * expect: !p2/boot/grub/grub.cfg:*: error: root=/dev/vda2 is a name * [boot-root-device-name]
 */
#include <inttypes.h>

#include "image/system.h"
#include "lint/entry-findings.h"

static enum attempt_verdict judge(struct check *check, const struct boot_attempt *attempt, struct attempt_doubt *ret)
{
	const struct kernel_file *file = attempt->kernel_file;

	(void)check;
	if (attempt->kernel.have != HAVE || !file)
		return ATTEMPT_SKIPPED;
	if (file->have == UNREADABLE) {
		*ret = (struct attempt_doubt){ file->path, &file->error };
		return ATTEMPT_UNKNOWN;
	}
	return file->have == ABSENT || file->kernel->problem != KERNEL_GOOD ? ATTEMPT_BAD : ATTEMPT_GOOD;
}

static const char *problem_text(enum kernel_problem problem)
{
	switch (problem) {
	case KERNEL_HEADER_CUT:
		return "it ends within its header";
	case KERNEL_PAYLOAD_OUTSIDE:
		return "it ends before what its header refers to";
	case KERNEL_PAYLOAD_MISSING:
		return "there is no compressed kernel in it";
	case KERNEL_PAYLOAD_TRUNCATED:
		return "its compressed part ends too early";
	case KERNEL_PAYLOAD_CORRUPT:
		return "its compressed part cannot be decompressed";
	case KERNEL_GOOD:
		break;
	}
	return "";
}

static void report(struct check *check, const struct boot_entry *entry, const struct boot_attempt *attempt)
{
	const struct kernel_file *file = attempt->kernel_file;
	const struct kernel *kernel = file->kernel;
	struct location place = kernel_place(file);
	struct diagnostic *d;

	if (file->have == ABSENT) {
		d = finding_entry(check, entry, place, "what the boot entry starts is no Linux kernel%s",
				  file->view && !file->view->size ? ": the file is empty" : "");
	} else {
		place.space = SPACE_FILE;
		place.offset = kernel->problem_offset;
		d = finding_entry(check, entry, place, "the kernel (%s) is damaged: %s", kernel_format_name(kernel->format),
				  problem_text(kernel->problem));
	}
	finding_help(check, d, "install the package of the kernel anew, in the image");
}

/* Any kernel at all, in an image that has a system? */
static void any_kernel(struct check *check)
{
	const struct image *image = check->image;
	const struct system *system = image->systems;

	for (const struct kernel_file *k = image->kernel_files; k; k = k->next)
		if (k->have != ABSENT)
			return;
	/* an entry names one that is not there: that says more */
	for (unsigned p = 0; p < image->boot_path_count; p++)
		if (image->boot_paths[p].entry_count)
			return;
	for (unsigned i = 0; i < image->esp_count; i++)
		if (image->esps[i].have == UNREADABLE) {
			not_evaluated(check, &image->esps[i].error, "cannot look for kernels everywhere");
			return;
		}
	for (unsigned i = 0; i < image->loader_count; i++)
		if (image->loaders[i].have == UNREADABLE) {
			not_evaluated(check, &image->loaders[i].error, "cannot look for kernels everywhere");
			return;
		}
	if (image->loaders_error.code) {
		not_evaluated(check, &image->loaders_error, "cannot look for kernels everywhere");
		return;
	}
	if (image->systems_error.code) {
		not_evaluated(check, &image->systems_error, "cannot look for kernels everywhere");
		return;
	}
	if (!image->system_count)
		return;
	if (image->kernels_error.code) {
		not_evaluated(check, &image->kernels_error, "cannot look for kernels everywhere");
		return;
	}
	for (unsigned i = 0; i < image->system_count; i++)
		if (image->systems[i].partial.code) {
			not_evaluated(check, &image->systems[i].partial, "cannot look for kernels everywhere");
			return;
		}
	finding_help(check,
		     finding(check, at_partition(system->filesystem->partition),
			     "%s is installed here, and the image has no kernel", system->name ? system->name : "a system"),
		     "install the distribution's kernel package in the image");
}

RULE(kernel_missing)
{
	static const struct entry_rule rule = { judge, report, .by_kernel = true };

	judge_entries(check, &rule);
	any_kernel(check);
}
