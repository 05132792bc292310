/* SPDX-License-Identifier: MIT */
/* device: reads a register of a device that a table tells of, where firmware may not have mapped it, or nothing may answer.
 *
 * Firmware maps what its own drivers use.  So the processor is first asked where it would read (AT, PAR_EL1), without reading.
 * While it reads, exceptions come to vectors of our own: an abort, which an address nobody answers to may cause, goes on behind
 * the read.  Interrupts wait.  (Arm Architecture Reference Manual, D1.3 and D17.2)
 */
#include "record.h"

#ifdef __aarch64__

#define PAR_FAULT 1u
#define PAR_ADDRESS 0x000ffffffffff000ull
#define PAGE_OFFSET 0xfffull
#define VECTORS_ALIGNMENT 2048

/* as CurrentEL has them */
#define EL1 (1u << 2)
#define EL2 (2u << 2)

/* 0, or 1 after an abort, which leaves *value as it is. */
uint64_t probe_load(uint64_t address, uint32_t *value);
/* here, and in no table of addresses */
extern const uint8_t probe_vectors[] __attribute__((visibility("hidden")));

__asm__(
	/* of each group of four, for synchronous exceptions, IRQ, FIQ and SError: the current level with SP_EL0, and with SP_ELx;
	 * interrupts are masked, and lower levels do not run */
	".pushsection .text.vectors, \"ax\"\n"
	".balign 2048\n"
	"probe_vectors:\n"
	".rept 16\n"
	"	b 9f\n"
	"	.balign 128\n"
	".endr\n"
	"9:	mov x9, #1\n"
	"	adr x10, 5f\n"
	"	mrs x11, CurrentEL\n"
	"	cmp x11, #8\n"
	"	b.eq 8f\n"
	"	msr elr_el1, x10\n"
	"	eret\n"
	"8:	msr elr_el2, x10\n"
	"	eret\n"
	"probe_load:\n"
	"	mrs x2, daif\n"
	"	msr daifset, #15\n"
	"	mov x9, #0\n"
	"	mov w3, #0\n"
	"	adr x4, probe_vectors\n"
	"	mrs x5, CurrentEL\n"
	"	cmp x5, #8\n"
	"	b.eq 1f\n"
	"	mrs x6, vbar_el1\n"
	"	msr vbar_el1, x4\n"
	"	b 2f\n"
	"1:	mrs x6, vbar_el2\n"
	"	msr vbar_el2, x4\n"
	"2:	isb\n"
	/* an SError that waits is not the read's, and stays where it is */
	"	mrs x7, isr_el1\n"
	"	tbnz x7, #8, 3f\n"
	"	msr daifclr, #4\n"
	"	isb\n"
	"3:	ldr w3, [x0]\n"
	"	dsb sy\n"
	"	isb\n"
	"5:	msr daifset, #15\n"
	"	mrs x5, CurrentEL\n"
	"	cmp x5, #8\n"
	"	b.eq 6f\n"
	"	msr vbar_el1, x6\n"
	"	b 7f\n"
	"6:	msr vbar_el2, x6\n"
	"7:	isb\n"
	"	msr daif, x2\n"
	"	cbnz x9, 4f\n"
	"	str w3, [x1]\n"
	"4:	mov x0, x9\n"
	"	ret\n"
	".popsection\n");

static uint64_t current_level(void)
{
	uint64_t level;

	__asm__ volatile("mrs %0, CurrentEL" : "=r"(level));
	return level;
}

/* Would a read at this address go to it? */
static bool is_mapped(uint64_t address)
{
	uint64_t par;

	if (current_level() == EL2)
		__asm__ volatile("at s1e2r, %1; isb; mrs %0, par_el1" : "=r"(par) : "r"(address) : "memory");
	else
		__asm__ volatile("at s1e1r, %1; isb; mrs %0, par_el1" : "=r"(par) : "r"(address) : "memory");
	return !(par & PAR_FAULT) && (par & PAR_ADDRESS) == (address & ~PAGE_OFFSET);
}

enum device_read device_read(uint64_t address, uint32_t *value)
{
	/* where firmware has put us is its affair; a register is as long as its address is a multiple of */
	if ((uint64_t)(uintptr_t)probe_vectors % VECTORS_ALIGNMENT || address % sizeof(*value))
		return DEVICE_UNTRIED;
	/* at EL3, other registers say what is mapped, and where vectors are */
	if (current_level() != EL1 && current_level() != EL2)
		return DEVICE_UNTRIED;
	if (!is_mapped(address))
		return DEVICE_UNMAPPED;
	return probe_load(address, value) ? DEVICE_ABORT : DEVICE_READ;
}

#endif
