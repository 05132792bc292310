/* SPDX-License-Identifier: MIT */
/* head: the PE/COFF headers of the probe, by hand, as the kernel's EFI stub has them.  (PE Format, revision 11)
 *
 * The code is position-independent and has no relocations, which the build verifies, so there is no .reloc.
 */
	.section .head, "a"
dos:	.ascii "MZ"
	.zero 58
	.long pe - dos
pe:
	.ascii "PE\0\0"
#ifdef __aarch64__
	.short 0xaa64
#else
	.short 0x8664
#endif
	.short 2			/* sections */
	.long 0, 0, 0			/* time, symbols */
	.short sections - optional
	.short 0x226			/* executable, no line numbers, large addresses, no debug information */
optional:
	.short 0x20b			/* PE32+ */
	.byte 2, 0
	.long text_size, data_size, 0
	.long efi_main_offset, 0x1000
	.quad 0				/* image base */
	.long 0x1000, 0x200		/* alignment in memory, in the file */
	.short 0, 0, 0, 0, 2, 0		/* versions */
	.long 0
	.long image_size, 0x1000
	.long 0				/* checksum */
	.short 10			/* EFI application */
	.short 0x100			/* runs with non-executable data */
	.quad 0, 0, 0, 0
	.long 0, 6			/* flags, data directories */
	.zero 6 * 8
sections:
	.ascii ".text\0\0\0"
	.long text_size, 0x1000, text_size, 0x1000, 0, 0
	.short 0, 0
	.long 0x60000020		/* code, executable, readable */
	.ascii ".data\0\0\0"
	.long data_size, data_offset, data_size, data_offset, 0, 0
	.short 0, 0
	.long 0xc0000040		/* initialised data, readable, writable */

	.section .note.GNU-stack, "", %progbits
