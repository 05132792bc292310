# SPDX-License-Identifier: MIT
# appliance.mk: a small disk that any hypervisor with UEFI starts, which looks at the machine from inside.
#
#   make appliance           build/appliance-{aarch64,x86_64}.{img,qcow2}, and build/vmlint-guest-*
#   make check-live          tests of it, in virtual machines under TCG
#
# Probe and init are built by cross compilers, never with sanitizers; src/appliance/pack puts them on a disk.

A := build/appliance
MACHINES := aarch64 x86_64
APPLIANCE_IMAGES := $(MACHINES:%=build/appliance-%.img)

INIT_SOURCES := $(wildcard src/appliance/init/*.c src/guest/*.c) src/base/arena.c src/base/buffer.c src/base/crc32.c \
	src/base/error.c src/base/guid.c src/linux/modules.c src/linux/modules-closure.c src/linux/names.c
INIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DVMLINT_VERSION='"$(VERSION)"' -Isrc $(WARNINGS) -O2
GUEST_PROGRAMS := $(MACHINES:%=build/vmlint-guest-%)
GUEST_SOURCES := src/appliance/guest/main.c src/command/guest.c src/command/output.c src/base/text.c $(wildcard src/guest/*.c) \
	src/base/arena.c src/base/buffer.c src/base/crc32.c src/base/error.c src/base/guid.c
PROBE_SOURCES := $(wildcard src/appliance/probe/*.c)
PROBE_CFLAGS := -std=gnu11 $(WARNINGS) -O2 -ffreestanding -fshort-wchar -fpie -fvisibility=hidden -fno-stack-protector \
	-fno-jump-tables -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mgeneral-regs-only
PROBE_CFLAGS_aarch64 := -mstrict-align
PROBE_CFLAGS_x86_64 := -mno-red-zone

define appliance_rules
$(A)/$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(call QUIET,CC)$(1)-linux-gnu-gcc $$(INIT_CFLAGS) -MMD -MP -c -o $$@ $$<
$(A)/$(1)/obj/src/appliance/probe/%.o: src/appliance/probe/%.c
	@mkdir -p $$(@D)
	$$(call QUIET,CC)$(1)-linux-gnu-gcc $$(PROBE_CFLAGS) $$(PROBE_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$(A)/$(1)/obj/src/appliance/probe/%.o: src/appliance/probe/%.S
	@mkdir -p $$(@D)
	$$(call QUIET,AS)$(1)-linux-gnu-gcc -c -o $$@ $$<
$(A)/$(1)/init: $$(INIT_SOURCES:%.c=$(A)/$(1)/obj/%.o)
	$$(call QUIET,LD)$(1)-linux-gnu-gcc -static -s -o $$@ $$^
build/vmlint-guest-$(1): $$(GUEST_SOURCES:%.c=$(A)/$(1)/obj/%.o)
	$$(call QUIET,LD)$(1)-linux-gnu-gcc -static -s -o $$@ $$^
# firmware puts the probe where it likes, and the probe has no table of what to mend then
$(A)/$(1)/probe.efi: $$(PROBE_SOURCES:%.c=$(A)/$(1)/obj/%.o) $(A)/$(1)/obj/src/appliance/probe/head.o src/appliance/probe/probe.lds
	@! readelf -rW $$(filter-out %/head.o %.lds,$$^) | grep -E 'R_AARCH64_(ABS|.*GOT)|R_X86_64_(64|32|.*GOT)'
	$$(call QUIET,LD)$(1)-linux-gnu-ld -nostdlib -static -T src/appliance/probe/probe.lds -o $$@.elf $$(filter %.o,$$^)
	@$(1)-linux-gnu-objcopy -O binary $$@.elf $$@
build/appliance-$(1).img: $(A)/$(1)/probe.efi $(A)/$(1)/init src/appliance/pack
	$$(call QUIET,PACK)src/appliance/pack $(1) $(A)/$(1)/probe.efi $(A)/$(1)/init $$@
build/appliance-$(1).qcow2: build/appliance-$(1).img
	$$(call QUIET,QCOW2)qemu-img convert -q -c -O qcow2 $$< $$@.new && mv $$@.new $$@
endef
$(foreach m,$(MACHINES),$(eval $(call appliance_rules,$(m))))

.PHONY: appliance check-live
appliance: build/deps.stamp
	@+$(ANEW) $(APPLIANCE_IMAGES) $(APPLIANCE_IMAGES:.img=.qcow2) $(GUEST_PROGRAMS)
check-live: appliance
	@+$(ANEW) all test-tools
	@bats tests/live

-include $(shell find $(A) -name '*.d' 2>/dev/null)
