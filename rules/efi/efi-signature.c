/* SPDX-License-Identifier: MIT */
/* efi-signature: an EFI binary is not signed
 *
 * severity: note
 * effect:   hygiene
 * subject:  loader
 * after:    esp-fat-corrupt efi-boot-not-pe pe-truncated pe-machine pe-layout
 *
 * With Secure Boot on, firmware starts only binaries whose signature it can follow to a key that it knows, and shim does
 * the same with what it starts. An image without signatures boots wherever Secure Boot is off, as it is in most
 * virtual machines. Whether a signature is valid, or its key known, is not looked at.
 *
 * good:   debian-arm64 debian-amd64
 * bad:    debian-arm64 | pe strip-signature EFI/BOOT/BOOTAA64.EFI
 * expect: !p1/EFI/BOOT/BOOTAA64.EFI: note: not signed: firmware with Secure Boot on does not start it
 * bad:    debian-arm64 | pe strip-signature EFI/debian/grubaa64.efi
 * expect: !p1/EFI/debian/grubaa64.efi: note: not signed: shim with Secure Boot on does not start it
 * firmware: boots file write EFI/unsigned.txt text "the control is not signed"
 */
#include "efi-help.h"

static bool is_signed(const struct efi_binary *b)
{
	for (size_t i = 0; i < b->signatures->count; i++)
		if (b->signatures->list[i].type == SIGNATURE_PKCS7)
			return true;
	return false;
}

RULE(efi_signature)
{
	const struct chain *chain = check->loader->chain;
	struct diagnostic *d;

	if (efi_no_pe(check))
		return;
	/* the first one without: what comes after is not reached either */
	for (unsigned i = 0; i < chain->count; i++) {
		const struct efi_binary *b = chain->binaries[i];

		/* what cannot be loaded is another rule's affair */
		if (b->have != HAVE || pe_is_truncated(b->pe))
			return;
		if (is_signed(b)) {
			if (!b->signatures->bad_offset)
				continue;
			d = finding(check, at_file_bytes(b->esp->partition, b->path, b->signatures->bad_offset, 8),
				    "the certificate table is damaged after %zu signature%s", b->signatures->count,
				    b->signatures->count == 1 ? "" : "s");
		} else {
			d = finding(check, at_file(b->esp->partition, b->path),
				    "not signed: %s with Secure Boot on does not start it", i ? "shim" : "firmware");
		}
		finding_help(check, d,
			     "sbsign --key KEY --cert CERTIFICATE %s, or take it from a package of signed ones",
			     b->path);
		return;
	}
}
