# SPDX-License-Identifier: MIT
# appliance.mk: a small disk that any hypervisor with UEFI starts, which looks at the machine from inside.
#
#   make appliance           build/appliance-{aarch64,x86_64}.{img,qcow2}, and build/vmlint-guest-*
#   make controls            build/controls: what tests start that is not as it should be
#   make check-live          tests of it, in virtual machines under TCG
#   make bench-live          how long its runs take, phase by phase; ROUNDS=3: the fastest of three
#
# Probe and init are built by cross compilers, never with sanitizers; src/appliance/pack puts them on a disk.

A := build/appliance
MACHINES := aarch64 x86_64
APPLIANCE_IMAGES := $(MACHINES:%=build/appliance-%.img)

INIT_SOURCES := $(wildcard src/appliance/init/*.c src/guest/*.c) src/base/arena.c src/base/buffer.c src/base/crc32.c \
	src/base/error.c src/base/guid.c src/base/hash.c src/base/limits.c src/base/stream.c src/base/unseen.c \
	src/linux/modules.c src/linux/modules-closure.c src/linux/modules-meaning.c src/linux/names.c
INIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DVMLINT_VERSION='"$(VERSION)"' -Isrc -I$(A)/generated $(WARNINGS) -O2
GUEST_PROGRAMS := $(MACHINES:%=build/vmlint-guest-%)
# `vmlint guest`: the rules on guests alone, so nothing that reads images
GUEST_SOURCES := src/appliance/guest/main.c src/appliance/init/serve.c src/appliance/init/channel.c $(wildcard src/guest/*.c rules/guest/*.c) \
	$(addprefix src/command/,guest.c judge.c options.c output.c) src/block/view.c src/image/architecture.c $(wildcard src/report/*.c) \
	$(addprefix src/lint/,lint.c check.c diagnostic.c guest-findings.c lint-record.c json.c profile.c profile-rows.c result.c rules.c) \
	$(addprefix src/base/,arena.c buffer.c crc32.c error.c guid.c limits.c stream.c text.c unseen.c utf16.c)
GUEST_GENERATED := $(A)/generated/rules-table.c build/generated/embedded.c
PROBE_SOURCES := $(wildcard src/appliance/probe/*.c)
PROBE_CFLAGS := -std=gnu11 $(WARNINGS) -O2 -ffreestanding -fshort-wchar -fpie -fvisibility=hidden -fno-stack-protector \
	-fno-jump-tables -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mgeneral-regs-only
PROBE_CFLAGS_aarch64 := -mstrict-align
PROBE_CFLAGS_x86_64 := -mno-red-zone

$(A)/generated/rules-table.c: $(RULE_SOURCES) src/lint/rules-table.awk
	@mkdir -p $(@D)
	$(call QUIET,AWK)awk -v guests_only=1 -f src/lint/rules-table.awk $(filter %.c,$^) > $@.new && mv $@.new $@

# A digest of what looks at a machine and tells of it, which is put into the appliance and into vmlint-guest: by it `vmlint boot`
# knows what was made of other sources.
TELLER_LIBRARY := $(filter src/base/% src/linux/%,$(INIT_SOURCES))
TELLER_SOURCES := $(sort $(wildcard src/appliance/probe/*.[chS] src/appliance/init/*.[ch] src/guest/arp.[ch] src/guest/check*.[ch] \
	src/guest/frame.[ch] src/guest/gather*.[ch] src/guest/write.[ch]) src/appliance/guest/main.c src/appliance/probe/probe.lds \
	src/appliance/pack src/base/cursor.h src/base/hex.h $(TELLER_LIBRARY) $(wildcard $(TELLER_LIBRARY:.c=.h)))
# changed only when the digest is, so that nothing is made anew for it
$(A)/generated/appliance-sources.h: FORCE
	@mkdir -p $(@D)
	@echo "#define APPLIANCE_SOURCES \"$$(cat $(TELLER_SOURCES) | sha256sum | cut -c 1-16)\"" > $@.$$$$ && \
		if cmp -s $@.$$$$ $@; then rm $@.$$$$; else mv $@.$$$$ $@; fi
$(call objects,src/command/boot-fits.c): $(A)/generated/appliance-sources.h

define appliance_rules
$(A)/$(1)/obj/src/appliance/guest/main.o: $(A)/generated/appliance-sources.h
$(A)/$(1)/json-c/libjson-c.a: src/appliance/library
	$$(call QUIET,UNPACK)src/appliance/library $(1) libjson-c-dev $$(@D)
	@touch $$@
$(A)/$(1)/obj/%.o: %.c | $(A)/$(1)/json-c/libjson-c.a
	@mkdir -p $$(@D)
	$$(call QUIET,CC)$(1)-linux-gnu-gcc $$(INIT_CFLAGS) -isystem $(A)/$(1)/json-c -MMD -MP -c -o $$@ $$<
$(A)/$(1)/obj/src/appliance/probe/%.o: src/appliance/probe/%.c
	@mkdir -p $$(@D)
	$$(call QUIET,CC)$(1)-linux-gnu-gcc $$(PROBE_CFLAGS) $$(PROBE_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$(A)/$(1)/obj/src/appliance/probe/%.o: src/appliance/probe/%.S
	@mkdir -p $$(@D)
	$$(call QUIET,AS)$(1)-linux-gnu-gcc -c -o $$@ $$<
$(A)/$(1)/init: $$(INIT_SOURCES:%.c=$(A)/$(1)/obj/%.o)
	$$(call QUIET,LD)$(1)-linux-gnu-gcc -static -s -o $$@ $$^
build/vmlint-guest-$(1): $$(GUEST_SOURCES:%.c=$(A)/$(1)/obj/%.o) $$(GUEST_GENERATED:%.c=$(A)/$(1)/obj/%.o) $(A)/$(1)/json-c/libjson-c.a
	$$(call QUIET,LD)$(1)-linux-gnu-gcc -static -s -o $$@ $$^
# firmware puts the probe where it likes, and the probe has no table of what to mend then
$(A)/$(1)/probe.efi: $$(PROBE_SOURCES:%.c=$(A)/$(1)/obj/%.o) $(A)/$(1)/obj/src/appliance/probe/head.o src/appliance/probe/probe.lds
	@! readelf -rW $$(filter-out %/head.o %.lds,$$^) | grep -E 'R_AARCH64_(ABS|.*GOT)|R_X86_64_(64|32|.*GOT)'
	$$(call QUIET,LD)$(1)-linux-gnu-ld -nostdlib -static -T src/appliance/probe/probe.lds -o $$@.elf $$(filter %.o,$$^)
	@$(1)-linux-gnu-objcopy -O binary $$@.elf $$@
build/appliance-$(1).img: $(A)/$(1)/probe.efi $(A)/$(1)/init src/appliance/pack $(A)/generated/appliance-sources.h
	$$(call QUIET,PACK)src/appliance/pack $(1) $(A)/$(1)/probe.efi $(A)/$(1)/init $$@
build/appliance-$(1).qcow2: build/appliance-$(1).img
	$$(call QUIET,QCOW2)qemu-img convert -q -c -O qcow2 $$< $$@.new && mv $$@.new $$@
endef
$(foreach m,$(MACHINES),$(eval $(call appliance_rules,$(m))))

# Controls: the appliance with another program where the firmware starts it, and what QEMU starts without firmware.
C := build/controls
$(A)/aarch64/obj/tests/live/%.o: tests/live/%.c
	@mkdir -p $(@D)
	$(call QUIET,CC)aarch64-linux-gnu-gcc $(PROBE_CFLAGS) $(PROBE_CFLAGS_aarch64) -Isrc/appliance/probe -Isrc -MMD -MP -c -o $@ $<
$(A)/aarch64/obj/probe-main.o: $(A)/aarch64/obj/src/appliance/probe/probe.o
	@aarch64-linux-gnu-objcopy --redefine-sym efi_main=probe_main $< $@
$(C)/both.efi: $(filter-out %/probe.o,$(PROBE_SOURCES:%.c=$(A)/aarch64/obj/%.o)) $(A)/aarch64/obj/probe-main.o
$(C)/%.efi: $(A)/aarch64/obj/tests/live/%.o $(A)/aarch64/obj/src/appliance/probe/head.o src/appliance/probe/probe.lds
	@mkdir -p $(@D)
	$(call QUIET,LD)aarch64-linux-gnu-ld -nostdlib -static -T src/appliance/probe/probe.lds -o $@.elf $(filter %.o,$^)
	@aarch64-linux-gnu-objcopy -O binary $@.elf $@
$(C)/%.img: $(C)/%.efi build/appliance-aarch64.img
	@cp --sparse=always build/appliance-aarch64.img $@.new
	@mcopy -o -i $@.new@@1M $< ::/EFI/BOOT/BOOTAA64.EFI && mv $@.new $@
$(C)/empty.img: build/appliance-aarch64.img
	@mkdir -p $(@D)
	@cp --sparse=always $< $@.new
	@mdel -i $@.new@@1M ::/EFI/BOOT/BOOTAA64.EFI && mv $@.new $@
$(C)/kernel $(C)/initrd &: build/appliance-aarch64.img
	@mkdir -p $(@D)
	@mcopy -o -i $<@@1M ::/EFI/vmlint/appliance.efi $(C)/appliance.efi
	@aarch64-linux-gnu-objcopy -O binary --only-section=.linux $(C)/appliance.efi $(C)/kernel
	@aarch64-linux-gnu-objcopy -O binary --only-section=.initrd $(C)/appliance.efi $(C)/initrd
	@rm $(C)/appliance.efi
.PHONY: controls
controls: $(C)/both.img $(C)/reset.img $(C)/empty.img $(C)/kernel $(C)/initrd

.PHONY: appliance check-live bench-live
appliance: build/deps.stamp
	@+$(ANEW) $(APPLIANCE_IMAGES) $(APPLIANCE_IMAGES:.img=.qcow2) $(GUEST_PROGRAMS)
check-live: build/deps.stamp
	@+$(ANEW) all
	@tests/run live
bench-live: appliance
	@+$(ANEW) build/tests/live-record
	@tests/bench/live --rounds=$(or $(ROUNDS),1)

-include $(shell find $(A) -name '*.d' 2>/dev/null)
