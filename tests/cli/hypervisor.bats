#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What follows a virtual machine survives whatever that does; QEMU is a program of the test's own.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	# the build that is under test
	LIVE=${VMLINT:-build/vmlint}
	export LIVE=${LIVE%/vmlint}/tests/live-record
	[ -x "$LIVE" ] || make -s "$LIVE"
	# a disk with nothing on it but the settings, and once something that looks like them
	head -c 4096 /dev/zero >"$BATS_FILE_TMPDIR/appliance"
	printf 'vmlint.settings=1 loglevel=4' >>"$BATS_FILE_TMPDIR/appliance"
	head -c 4068 /dev/zero >>"$BATS_FILE_TMPDIR/appliance"
	printf '%-2047s\n' 'vmlint.settings=1 loglevel=4' >>"$BATS_FILE_TMPDIR/appliance"
	truncate -s 2M "$BATS_FILE_TMPDIR/appliance"
	sha256sum "$BATS_FILE_TMPDIR/appliance" >"$BATS_FILE_TMPDIR/sum"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export FAKE TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
}

# Nothing is left behind, and the image is what it was.
teardown() {
	[ -z "$(ls -A "$TMPDIR")" ]
	sha256sum --quiet -c "$BATS_FILE_TMPDIR/sum"
}

# record FAKE OPTION...: the record in $BATS_TEST_TMPDIR/record, messages in $output.
record() {
	FAKE=$1
	shift
	run --separate-stderr timeout 30 "$LIVE" --qemu=tests/tools/fake-qemu --seconds=3 "$@" "$BATS_FILE_TMPDIR/appliance"
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/record"
}

fails() { # fails MESSAGE
	[ "$status" = 2 ] || { echo "status $status"; echo "$stderr"; return 1; }
	[[ "$stderr" == *"live-record: $1"* ]] || { echo "$stderr"; return 1; }
}

@test "a guest that does what it is told" {
	record good
	[ "$status" = 0 ]
	[ "${lines[0]}" = "guest format=2" ]
	[[ "$output" == *"fact key=value"* && "$output" == *"host-exit status=0"* ]]
	[[ "$output" == *"host-lines good=5 lost=0 damaged=0 foreign=0"* ]]
}

@test "a variable is looked for after a reset and in a second process" {
	record good --persistent
	[ "$status" = 0 ]
	[ "$(grep -c '^host-boot' <<<"$output")" = 3 ]
	nonce=$(sed -n 's/^host-machine.*//; s/^variable-read value=\([0-9a-f]\{16\}\)$/\1/p' <<<"$output")
	[ -n "$nonce" ]
	# the fake forgets it with its process
	[[ "$output" == *"variable-read value=none"* && "$output" == *"settings nothing=yes"* ]]
}

@test "a disk and a card are put in and taken out" {
	record good --hotplug
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep -c '^done' <<<"$output")" = 4 ]
	[[ "$output" == *'host-event name=DEVICE_DELETED data={"device":"hot-block",'*'{"device":"hot-net",'* ]]
}

@test "a machine that does not let go of a device" {
	record keeps --hotplug --seconds=3
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep '^host-hotplug' <<<"$output")" = 'host-hotplug class=block kept=QEMU%20did%20not%20say%20so%20in%203%20s
host-hotplug class=net kept=QEMU%20did%20not%20say%20so%20in%203%20s' ]
	record guest-keeps --hotplug --seconds=20
	[ "$(grep -c '^host-hotplug class=.* kept=the%20guest%20refused' <<<"$output")" = 2 ]
	record no-out --hotplug --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep -c "^host-hotplug class=.* kept=Bus%20'port1'%20not%20found" <<<"$output")" = 2 ]
	[ "$(grep -c '^done command=gone' <<<"$output")" = 0 ]
	# what the guest does not let go, QEMU does not either
	record not-gone --hotplug --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep -c '^hotplug-gone .* gone=no' <<<"$output")" = 2 ]
}

@test "QEMU refuses a device, or the guest does not see it: that is written down, and the run goes on" {
	record refuses --hotplug --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep '^host-hotplug' <<<"$output")" = "host-hotplug class=block refused=Bus%20'port1'%20not%20found
host-hotplug class=net refused=Bus%20'port1'%20not%20found" ]
	[ "$(grep -c '^done' <<<"$output")" = 0 ]
	record not-there --hotplug --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep -c '^done command=hotplug' <<<"$output")" = 2 ]
	[ "$(grep -c '^done command=gone' <<<"$output")" = 0 ]
	# without a network the card comes and goes, and nobody is asked anything over it
	record no-network --hotplug --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep '^host-hotplug' <<<"$output")" = "host-hotplug class=network refused=Bus%20'port1'%20not%20found" ]
	grep -q '^done command=hotplug%20net%2052:54:00:76:6d:6c known=yes' <<<"$output"
	[ "$(grep -c '^done command=gone' <<<"$output")" = 2 ]
	record no-answer --hotplug --seconds=3
	fails 'boot 1: after 3 s there was no answer from QEMU'
}

@test "a guest that does not know a command says so, and the run goes on without" {
	record no-command --hotplug --persistent --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	[ "$(grep -c '^done command=hotplug.* known=no' <<<"$output")" = 2 ]
	[ "$(grep -c '^done command=gone' <<<"$output")" = 0 ]
	[ "$(grep -c '^done command=variable.* known=no' <<<"$output")" = 4 ]
}

@test "only the answer to a command is its answer" {
	record other-answer --hotplug --seconds=3
	fails 'boot 1: after 3 s there was no answer to "hotplug block vmlint-hot" from the guest'
}

@test "a guest that hears nothing of us leaves, and says why" {
	record leaves --hotplug
	fails 'boot 1: the guest heard nothing of us for too long, and switched itself off'
	[[ "$output" == *"host-trouble boot=1 code=EIO message="* ]]
}

@test "what the console said before an event stands before it" {
	for _ in 1 2 3; do
		record overtaken --persistent
		[ "$status" = 0 ] || { echo "$stderr"; return 1; }
		[ "$(grep -E '^(phase|host-boot|host-event|boot)' <<<"$output" | sed 's/ data=.*//; s/ uptime.*//; s/ id=.*//')" = \
"host-boot number=1 how=cold
boot
phase name=reboot
host-event name=RESET
host-boot number=2 how=warm
boot
phase name=poweroff
host-event name=SHUTDOWN
host-boot number=3 how=cold
boot
phase name=poweroff
host-event name=SHUTDOWN" ] || { grep -E '^(phase|host|boot)' <<<"$output"; return 1; }
	done
}

@test "an event does not cut in two what the guest tells" {
	record within
	[ "$status" = 0 ]
	[[ "$output" == *$'\nfact data=yes\n+00\n+01\nhost-event name=RTC_CHANGE '* ]] || { echo "$output"; return 1; }
}

@test "what a guest writes down is no word of QEMU's" {
	record speaks-of-the-host --hotplug --seconds=3
	[ "$status" = 0 ]
	[[ "$output" == *$'\nfact text=yes\n|host-event name=DEVICE_DELETED'* ]]
	[ "$(grep -c '^host-hotplug class=.* kept=QEMU' <<<"$output")" = 2 ]
}

@test "QEMU that never stops to tell events ends with the time" {
	SECONDS=0
	record events --seconds=1
	[ "$status" = 2 ]
	[ "$SECONDS" -lt 15 ]
	[[ "$stderr" == *'there was no "ready" from the guest'* || "$stderr" == *"QEMU tells of too many events"* ]] || { echo "$stderr"; return 1; }
}

@test "who lives has not panicked, whatever is written on the console" {
	record writes --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
}

@test "QEMU is not there" {
	run --separate-stderr "$LIVE" --qemu=/nonexistent/qemu "$BATS_FILE_TMPDIR/appliance"
	fails "/nonexistent/qemu: No such file or directory"
}

@test "QEMU ends at once: its message is shown" {
	record fails
	fails "boot 1: QEMU ended with status 1: qemu: -machine virt: no such machine"
}

@test "QEMU is killed" {
	record killed
	fails "boot 1: QEMU was killed by signal 9"
}

@test "a guest that says nothing" {
	record silent
	fails 'boot 1: after 3 s there was no "ready" from the guest'
}

@test "silence is another thing than time: it ends with the first byte on the console" {
	record silent --silence=1 --seconds=20
	fails "boot 1: in 1 s nothing at all came from the machine, not even from its firmware"
	record slow --silence=1 --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	# of a second process, too, since the first has shown that machines of this kind speak
	record good --silence=1 --persistent --seconds=20
	[ "$status" = 0 ] || { echo "$stderr"; return 1; }
	record silent --silence=20 --seconds=1
	fails 'boot 1: after 1 s there was no "ready" from the guest'
}

@test "QEMU stops the machine" {
	record stops-kvm --accel=kvm --seconds=20
	fails "boot 1: QEMU has stopped the machine: KVM internal error. Suberror: 1"
}

@test "a guest that does not go off" {
	record stays
	fails "boot 1: the machine was told to go off, and is still there after 3 s"
}

@test "a guest that goes off too early" {
	record off
	fails "boot 1: the machine was switched off before the checks were done"
}

@test "firmware that goes into its shell is not waited for" {
	record shell --seconds=20
	fails "boot 1: the firmware found nothing to start and went into its shell"
}

@test "a kernel that panics is not waited for, and its last words are shown without their escape sequences" {
	record panic --seconds=20
	fails "boot 1: the kernel panicked"
	[[ "$stderr" == *"| [    1.0] Kernel panic - not syncing: \x1b]0;title\x07 no init"* ]]
	[[ "$stderr" != *$'\x1b'* ]]
}

@test "a machine that resets for ever" {
	record resets --seconds=20
	fails "boot 1: the machine resets again and again before a system starts"
}

@test "a guest that starts anew by itself" {
	record again --seconds=20
	fails "boot 1: the guest says hello once more"
}

@test "a guest that floods its console" {
	record flood --seconds=20
	fails "the guest floods its console: more than 64 MiB"
}

@test "a guest that has too much to tell" {
	record flood-facts --seconds=25
	fails "the guest has more to tell than 32 MiB"
}

@test "forged lines are not believed" {
	record forged --seconds=1
	fails 'boot 1: after 1 s there was no "ready" from the guest'
}

@test "a guest cannot speak for the host" {
	record pretends
	[ "$status" = 0 ]
	[ "$(grep -c '^host-exit' <<<"$output")" = 1 ]
	[ "$(grep -c '^guest ' <<<"$output")" = 1 ]
	[[ "$output" == *"fact real=yes"* ]]
}

@test "QMP that makes no sense" {
	record strange-qmp
	[ "$status" = 0 ]
}

@test "whatever ends us, QEMU ends too" {
	for signal in TERM INT KILL HUP; do
		state=$BATS_TEST_TMPDIR/state.$signal
		FAKE=terminated FAKE_STATE=$state "$LIVE" --qemu=tests/tools/fake-qemu "$BATS_FILE_TMPDIR/appliance" \
			>/dev/null 2>&1 3>&- &
		pid=$!
		for _ in $(seq 100); do [ ! -s "$state" ] || break; sleep .1; done
		kill -s "$signal" "$pid"
		[ "$signal" != INT ] || kill -s TERM "$pid" # a shell's background job ignores SIGINT
		wait "$pid" || true
		for _ in $(seq 50); do [ -e "/proc/$(<"$state")" ] || break; sleep .1; done
		[ ! -e "/proc/$(<"$state")" ]
	done
}

@test "no room for the copy of the disk" {
	export TMPDIR=/nonexistent/folder
	FAKE=good run --separate-stderr "$LIVE" --qemu=tests/tools/fake-qemu "$BATS_FILE_TMPDIR/appliance"
	TMPDIR=$BATS_TEST_TMPDIR/tmp
	fails "cannot make a temporary file in /nonexistent/folder"
	run --separate-stderr bash -c "ulimit -f 1; trap '' XFSZ; $LIVE --qemu=tests/tools/fake-qemu '$BATS_FILE_TMPDIR/appliance'"
	fails "cannot copy $BATS_FILE_TMPDIR/appliance into $TMPDIR: File too large"
}

@test "a disk that is no appliance" {
	for what in "truncate -s 1M" "printf %-2047s vmlint.settings=1 >"; do
		rm -f "$BATS_TEST_TMPDIR/no"
		eval "$what $BATS_TEST_TMPDIR/no"
		run --separate-stderr "$LIVE" --qemu=tests/tools/fake-qemu "$BATS_TEST_TMPDIR/no"
		fails "this is no appliance"
	done
	run --separate-stderr "$LIVE" --qemu=tests/tools/fake-qemu /nonexistent
	fails "/nonexistent: No such file or directory"
}

@test "settings that do not fit" {
	record good --arguments="$(printf 'x%.0s' $(seq 2100))"
	fails "the settings do not fit"
}
