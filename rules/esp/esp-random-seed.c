/* SPDX-License-Identifier: MIT */
/* esp-random-seed: the image ships systemd-boot's random seed
 *
 * severity: warning
 * effect:   degrades
 * subject:  esp
 *
 * systemd-boot keeps a random seed at /loader/random-seed and hands it to the kernel's random number generator.
 * `bootctl install` makes it where the image is built, so every VM that is started from the image begins with the same
 * seed, which is public once the image is. systemd's notes on building images say to remove it; each VM then makes its
 * own.
 *
 * good:   systemd-boot-arm64
 * bad:    debian-arm64 | file write loader/random-seed text 0123456789abcdef0123456789abcdef
 * expect: !p1/loader/random-seed: warning: the random seed of systemd-boot is in the image: every VM starts with the same one
 */
#include "esp-help.h"

RULE(esp_random_seed)
{
	const struct esp *esp = check->esp;
	struct fs_entry entry;
	struct diagnostic *d;
	struct error err;

	if (esp_unreadable(check) || esp->have != HAVE ||
	    fs_lookup(esp->fs, check->arena, "/loader/random-seed", &entry, &err) < 0 || entry.type != FS_FILE)
		return;
	d = finding(check, at_file(esp->partition, fat_path(esp->fat, check->arena, entry.handle)),
		    "the random seed of systemd-boot is in the image: every VM starts with the same one");
	esp_help_delete(check, d, esp, d->location.path);
}
