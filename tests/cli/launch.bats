#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# vmlint ends while libguestfs is being started: no process, socket or folder is left.  QEMU is a script that hangs and does not
# listen to SIGTERM, so that no appliance is started.  It may not write anywhere, and is known by how long it sleeps.

load common
VMLINT=$PLAIN

setup() {
	# short, for the socket in it
	TMPDIR=$(mktemp -d /tmp/vmlint-bats-XXXXXX)
	export TMPDIR
	sleeper="sleep 300.$$"
	cat >hv <<-END
		#!/bin/sh
		trap '' TERM INT HUP
		$sleeper &
		wait
		$sleeper
	END
	chmod +x hv
	export LIBGUESTFS_HV=$PWD/hv
}

teardown() {
	rm -rf "$TMPDIR"
}

# alive: processes of ours; a zombie only waits for an init that may be slow.
alive() {
	local pid
	for pid in $(pgrep -f "^(/bin/sh )?$PWD/hv |^$sleeper\$|vmlint-helper guestfs $TMPDIR"); do
		grep -qs '^State:.[^ZX]' "/proc/$pid/status" && echo "$pid"
	done
	return 0
}

nothing_left() {
	local i
	for i in $(seq 150); do
		[ -n "$(alive)$(ls -A "$TMPDIR")" ] || return 0
		sleep 0.1
	done
	[ -z "$(alive)" ] || ps -fp "$(alive | paste -sd,)" || true
	status=- output="left: $(cd "$TMPDIR" && find .)" stderr= complain "$1: something is left"
}

@test "killed at any time of a launch" {
	local image signal delay
	image=$(fixture erofs-arm64)
	for signal in KILL INT TERM; do
		for delay in 0.02 0.05 0.1 0.2 until; do
			# a shell's background jobs ignore SIGINT, and so does what they start
			python3 - "$VMLINT" "$image" "$signal" "$delay" "$sleeper" <<-'END'
				import os, signal, subprocess, sys, time
				program, image, number, delay, sleeper = sys.argv[1:]
				signal.signal(signal.SIGINT, signal.SIG_DFL)
				p = subprocess.Popen([program, image], start_new_session=True, stdout=subprocess.DEVNULL)
				if delay == "until":
				    end = time.time() + 20
				    while subprocess.call(["pgrep", "-f", f"^{sleeper}$"], stdout=subprocess.DEVNULL):
				        assert time.time() < end, "QEMU was not started"
				        time.sleep(0.02)
				else:
				    time.sleep(float(delay))
				p.send_signal(getattr(signal, "SIG" + number))
				p.wait(20)
			END
			nothing_left "SIG$signal after $delay s"
		done
	done
}

@test "a worker that is killed: the helper and what it has started end too" {
	local image parent i
	image=$(fixture erofs-arm64)
	"$VMLINT" "$image" >out 2>&1 3>&- &
	parent=$!
	for i in $(seq 200); do
		! pgrep -f "^$sleeper\$" >/dev/null || break
		sleep 0.1
	done
	pgrep -f "^$sleeper\$"
	# not the helper's guard, which has it for a child
	for i in $(pgrep -P "$parent" -x vmlint); do
		pgrep -P "$i" >/dev/null || kill -KILL "$i"
	done
	wait "$parent" || true
	grep -q "could not check" out
	nothing_left "the worker was killed"
}

# What the helper leaves when it does not come to remove it.
@test "a helper that is killed when vmlint is gone: its folder is removed" {
	local parent helper i
	"$VMLINT" "$(fixture erofs-arm64)" >out 2>&1 3>&- &
	parent=$!
	for i in $(seq 200); do
		! pgrep -f "^$sleeper\$" >/dev/null || break
		sleep 0.1
	done
	helper=$(pgrep -f "vmlint-helper guestfs $TMPDIR")
	[ -n "$(ls -A "$TMPDIR")" ]
	kill -STOP "$helper"
	kill -KILL "$parent"
	wait "$parent" || true
	kill -KILL "$helper"
	nothing_left "the helper was killed"
}
