# vmlint: `make run` and `make check` are all that a new machine needs.
#
#   make                     the program, at build/vmlint
#   make run [IMAGE=path]    set up, build, make the sample image, lint it and a broken copy (or lint your own image)
#   make check               set up, then every test; ends with `N passed, N failed, N skipped`
#   make deps                install the Debian packages of .ci/packages that are missing
#   make bench               vmlint beside the shell pipeline and libguestfs, in one run
#   make check-firmware      asserts each rule's effect in one run of OVMF
#   make check-images        tests on images of whole distributions (downloads some 1 GB, once)
#   make check-arm64         vmlint on an Arm machine under TCG: sandbox, unit tests, the same reports (10 minutes)
#   make fuzz T=gpt SECONDS=60
#   make fuzz-all MINUTES=30   each fuzz target until it has had so much CPU time; may be stopped and goes on
#   make campaign COUNT=10000 SEED=1   lints so many mutated images
#   make appliance           a disk that looks at a virtual machine from inside, build/appliance-*.img
#   make check-live          starts it in QEMU, under TCG (some minutes)
#   make lint                the layering and style checks on this tree
#   make install [DESTDIR=] [PREFIX=/usr/local]
#
# SANITIZE=address,undefined builds under build/sanitize-address,undefined in place of build.

VERSION := 0.1.0
PREFIX ?= /usr/local
comma := ,

CC := gcc
ifdef SANITIZE
B := build/sanitize-$(subst $(comma),-,$(SANITIZE))
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
else
B := build
endif

PACKAGES := zlib libzstd fdisk blkid libmagic json-c ext2fs com_err liblzma liblz4 lzo2 libsquashfs1 nettle libseccomp
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
# libbz2 comes without a .pc file
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lbz2

# with sanitizers: -O2 takes half as long again to build, and runs no faster; -g1 has the lines that a sanitizer names
CFLAGS ?= $(if $(SANITIZE),-O1 -g1,-O2 -g)
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVMLINT_VERSION='"$(VERSION)"' \
	-DVMLINT_LIBEXECDIR='"$(PREFIX)/libexec/vmlint"' \
	-DVMLINT_DATADIR='"$(PREFIX)/share/vmlint"' -Isrc -I$(B)/generated -Ibuild/appliance/generated $(WARNINGS) $(PKG_CFLAGS) $(CFLAGS) $(SANITIZE_FLAGS)

# The helper is a program of its own: nothing else may link libnbd or libguestfs.
HELPER_SOURCES := $(wildcard src/helper/*.c)
MAIN_SOURCES := src/main.c
LIBRARY_SOURCES := $(filter-out $(MAIN_SOURCES) $(HELPER_SOURCES),$(sort $(wildcard src/*.c src/*/*.c)))
RULE_SOURCES := $(sort $(wildcard rules/*/*.c))
DATA := $(filter-out %.schema.json,$(sort $(wildcard rules/profiles/*.json rules/data/*)))

# V=1 shows the commands.
ifeq ($(V)$(findstring s,$(firstword -$(MAKEFLAGS))),)
QUIET = @printf '%-8s %s\n' '$(1)' '$@';
endif

objects = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIBRARY := $(B)/libvmlint.a

.PHONY: all
all: $(B)/vmlint $(if $(HELPER_SOURCES),$(B)/vmlint-helper)

.SECONDARY:
.DELETE_ON_ERROR:

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# --- generated: the table of rules, the embedded profiles and data -----------------------------------------------------

GENERATED := $(B)/generated/rules-table.c $(B)/generated/embedded.c
$(B)/generated/rules-table.c: $(RULE_SOURCES) src/lint/rules-table.awk
	@mkdir -p $(@D)
	$(call QUIET,AWK)awk -f src/lint/rules-table.awk $(RULE_SOURCES) > $@.new && mv $@.new $@
$(B)/generated/embedded.c: $(DATA) src/lint/embed.awk
	@mkdir -p $(@D)
	$(call QUIET,AWK)LC_ALL=C awk -f src/lint/embed.awk $(DATA) > $@.new && mv $@.new $@
$(B)/obj/generated/%.o: $(B)/generated/%.c
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

LIBRARY_OBJECTS := $(call objects,$(LIBRARY_SOURCES) $(RULE_SOURCES)) $(B)/obj/generated/rules-table.o $(B)/obj/generated/embedded.o
$(LIBRARY): $(LIBRARY_OBJECTS)
	@rm -f $@
	$(call QUIET,AR)ar rcs $@ $(LIBRARY_OBJECTS)
# a deleted rule or source must leave the library too
$(LIBRARY) $(B)/generated/rules-table.c: $(B)/sources.list
$(B)/sources.list: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBRARY_SOURCES) $(RULE_SOURCES)' | cmp -s - $@ || echo '$(LIBRARY_SOURCES) $(RULE_SOURCES)' > $@
# else .SECONDARY takes it for an intermediate file, whose absence makes nothing anew
.PHONY: FORCE
FORCE:

$(B)/vmlint: $(call objects,$(MAIN_SOURCES)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(PKG_LIBS)
# AddressSanitizer looks for these functions when a program starts, and libguestfs, which needs them, comes later
HELPER_SANITIZED := $(if $(SANITIZE),-Wl$(comma)--no-as-needed -l:libtirpc.so.3)
$(B)/vmlint-helper: $(call objects,$(HELPER_SOURCES)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(shell pkg-config --libs libnbd 2>/dev/null) $(HELPER_SANITIZED)

# --- unit tests --------------------------------------------------------------------------------------------------------

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
$(B)/tests/%: $(B)/obj/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka
$(B)/tests/test_remote: | $(B)/vmlint-helper
.PHONY: unit
unit: $(UNIT_TESTS)

# --- small programs that tests call ------------------------------------------------------------------------------------

TEST_TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%,$(wildcard tests/tools/*.c))
$(TEST_TOOLS): $(B)/tests/%: $(B)/obj/tests/tools/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(PKG_LIBS)
# for LD_PRELOAD, and never with sanitizers, which want to come first
$(B)/tests/%.so: tests/tools/preload/%.c
	@mkdir -p $(@D)
	$(call QUIET,LD)$(CC) -std=gnu11 -O2 $(WARNINGS) -fPIC -shared -o $@ $< -ldl
.PHONY: test-tools
test-tools: $(TEST_TOOLS) $(patsubst tests/tools/preload/%.c,$(B)/tests/%.so,$(wildcard tests/tools/preload/*.c))

# --- faults: reads and allocations that fail one after the other, for tests/fault/check -------------------------------------

$(B)/tests/sweep: $(B)/obj/tests/fault/sweep.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -rdynamic -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=witness_fs \
		-o $@ $^ $(PKG_LIBS)

# --- fuzz targets: libFuzzer comes with clang; tests/fuzz/replay runs them over their corpus without it ---------------------

$(B)/tests/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/driver.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,LD)$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
FUZZ_B := build/fuzz
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzz-targets fuzz
fuzz-targets:
	$(MAKE) B=$(FUZZ_B) CC=clang SANITIZE_FLAGS='$(FUZZ_FLAGS)' $(FUZZ_TARGETS:%=$(FUZZ_B)/fuzz_%)
$(FUZZ_B)/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(LIBRARY)
	$(call QUIET,LD)$(CC) -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^ $(PKG_LIBS)
SECONDS ?= 60
fuzz: $(if $(T),build/deps.stamp build/deps-fuzz.stamp fuzz-one,fuzz-list)
.PHONY: fuzz-list fuzz-one
fuzz-list:
	@echo "make fuzz T=NAME SECONDS=60, where NAME is one of: $(FUZZ_TARGETS)"
fuzz-one: build/deps.stamp build/deps-fuzz.stamp
	$(MAKE) B=$(FUZZ_B) CC=clang SANITIZE_FLAGS='$(FUZZ_FLAGS)' $(FUZZ_B)/fuzz_$(T)
	@mkdir -p $(FUZZ_B)/corpus/$(T)
	$(FUZZ_B)/fuzz_$(T) -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=512 -artifact_prefix=$(FUZZ_B)/$(T)- \
		$(addprefix -dict=,$(wildcard tests/fuzz/dictionaries/$(T).dict)) $(FUZZ_B)/corpus/$(T) $(wildcard tests/fuzz/corpus/$(T))
MINUTES ?= 30
.PHONY: fuzz-all
fuzz-all: build/deps.stamp build/deps-fuzz.stamp
	$(MAKE) fuzz-targets
	tests/fuzz/all $(MINUTES)

COUNT ?= 1000
SEED ?= 1
.PHONY: campaign
campaign: build/deps.stamp
	@+$(ANEW) all
	@+$(ANEW) SANITIZE=address,undefined all
	tests/fuzz/campaign --count $(COUNT) --seed $(SEED)

# --- set-up ------------------------------------------------------------------------------------------------------------

# `make run` and `make check` begin with it; done anew only when the list has changed.  What is heavy and only `make fuzz` or
# `make bench` needs has a list of its own.
.PHONY: deps
deps: build/deps.stamp
build/deps.stamp: .ci/packages .ci/deps
	.ci/deps .ci/packages
	@mkdir -p build && touch $@
build/deps-%.stamp: .ci/packages-% .ci/deps
	.ci/deps .ci/packages-$*
	@mkdir -p build && touch $@

include src/appliance/appliance.mk

# --- run, check, bench -----------------------------------------------------------------------------------------------

# The package list may bring the very libraries that $(PKG_LIBS) asks for, so what is built is built by a second make.
ANEW = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: run check bench check-firmware check-images check-arm64 lint
run: build/deps.stamp
	@+$(ANEW) all
	@tests/run-sample build/vmlint $(if $(IMAGE),'$(IMAGE)')
check: build/deps.stamp
	@+$(ANEW) all
	@tests/run
bench: build/deps.stamp build/deps-bench.stamp
	@+$(ANEW) all $(B)/tests/measure
	@status=0; tests/bench/run || status=1; tests/bench/system || status=1; tests/bench/guestfs || status=1; exit $$status
check-firmware: build/deps.stamp
	@tests/firmware/check
# whole distributions' files, which are large to fetch: not part of check
check-images: build/deps.stamp build/deps-images.stamp
	@$(MAKE) --no-print-directory all
	@+$(ANEW) appliance
	@VMLINT_BOOT_IMAGES=1 bats tests/images tests/live/image.bats
# cross-built, and run where system calls and registers are others
check-arm64: build/deps.stamp
	@+$(ANEW) all
	@tests/arm64/check
lint:
	@tests/style/check

# --- documentation and installation ------------------------------------------------------------------------------------

MAN_PAGES := $(wildcard man/*.1) $(B)/man/vmlint-rules.7
$(B)/man/vmlint-rules.7: $(B)/vmlint
	@mkdir -p $(@D)
	$(B)/vmlint rules --format=man > $@.new && mv $@.new $@
.PHONY: man install
man: $(MAN_PAGES)
# `make install APPLIANCES=` leaves out what `vmlint boot` starts
APPLIANCES ?= $(APPLIANCE_IMAGES)
install: all man $(APPLIANCES) $(if $(APPLIANCES),$(GUEST_PROGRAMS))
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/vmlint $(DESTDIR)$(PREFIX)/share/vmlint \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(B)/vmlint $(DESTDIR)$(PREFIX)/bin/vmlint
	install -m 755 $(B)/vmlint-helper $(DESTDIR)$(PREFIX)/libexec/vmlint/vmlint-helper
	$(foreach a,$(APPLIANCES),cp --sparse=always $(a) $(DESTDIR)$(PREFIX)/share/vmlint/ && \
		chmod 644 $(DESTDIR)$(PREFIX)/share/vmlint/$(notdir $(a)) &&) :
	$(if $(APPLIANCES),install -m 755 $(GUEST_PROGRAMS) $(DESTDIR)$(PREFIX)/share/vmlint)
	install -m 644 $(filter %.1,$(MAN_PAGES)) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(filter %.7,$(MAN_PAGES)) $(DESTDIR)$(PREFIX)/share/man/man7

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
