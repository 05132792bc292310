/* SPDX-License-Identifier: MIT */
/* signature: the certificate table of a signed PE image.
 *
 * Lists what is attached (PE/COFF specification, 5.7; UEFI 2.6, 31.2.4) and who says to have signed it.  Nothing is
 * verified: no hash is computed and no key is looked up.
 */
#ifndef EFI_SIGNATURE_H
#define EFI_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"
#include "efi/pe.h"

#define SIGNATURE_REVISION_1 0x0100
#define SIGNATURE_REVISION_2 0x0200
#define SIGNATURE_X509 0x0001
#define SIGNATURE_PKCS7 0x0002 /* Authenticode: the only one that firmware and shim take */
#define SIGNATURE_EFI_GUID 0x0ef1

struct signature {
	uint64_t offset; /* of its WIN_CERTIFICATE in the file */
	uint32_t length; /* as its header says, header included */
	uint16_t revision, type;
	const char *signer; /* the signer's common name; NULL when it could not be found out */
};

struct signatures {
	const struct signature *list;
	size_t count;
	/* where the chain of entries breaks: an entry that is shorter than its header or leaves the table; 0 when it
	 * does not */
	uint64_t bad_offset;
};

/* Reads the certificate table of an image whose status is PE_OK; an unsigned image has count 0.  Negative errno when it
 * could not be read. */
int signatures_read(struct arena *arena, struct view *file, const struct pe *pe, const struct signatures **ret,
		    struct error *err);

#endif
