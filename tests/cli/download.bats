#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Images by their addresses: what comes is the file, the whole file and no other, or nothing.

load common

setup_file() {
	export FETCH=${VMLINT%/vmlint}/tests/fetch
	[ -x "$FETCH" ] || make -s -C "$TOP" "${FETCH#"$TOP"/}"
	make -s -C "$TOP" build/tests/fetch build/tests/old-curl.so build/tests/errors.so
	head -c 350000 /dev/urandom >"$BATS_FILE_TMPDIR/disk.img"
	export SHA256 SHA512
	SHA256=$(sha256sum <"$BATS_FILE_TMPDIR/disk.img" | cut -d' ' -f1)
	SHA512=$(sha512sum <"$BATS_FILE_TMPDIR/disk.img" | cut -d' ' -f1)
	"$TOP/tests/tools/web-server" "$BATS_FILE_TMPDIR/disk.img" "$BATS_FILE_TMPDIR/log" >"$BATS_FILE_TMPDIR/port" 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	for _ in $(seq 100); do [ ! -s "$BATS_FILE_TMPDIR/port" ] || break; sleep .05; done
	export AT
	AT=http://127.0.0.1:$(<"$BATS_FILE_TMPDIR/port")
}

teardown_file() {
	kill "$(<"$BATS_FILE_TMPDIR/pid")"
}

setup() {
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY VMLINT_REFERENCE_IMAGES
	: >"$BATS_FILE_TMPDIR/log"
}

fetch() { # fetch ARGUMENT: the path is $output
	run --separate-stderr timeout 60 "$FETCH" "$1"
	[[ $stderr != *Sanitizer* && $stderr != *"runtime error"* ]] || complain "a sanitizer speaks"
}

is_it() {
	exits 0
	cmp "$output" "$BATS_FILE_TMPDIR/disk.img" || complain "another file"
	[ "$(find "$XDG_CACHE_HOME" -type f | wc -l)" = "${1:-1}" ] || complain "more in the cache than the file"
}

fails() { # fails TEXT
	exits 2
	[ -z "$output" ] || complain "nothing expected on standard output"
	[[ $stderr == "fetch: "*"$1"* ]] || complain "error \"$1\" expected"
}

left() { # left N: so many files are in the cache
	[ "$(find "$XDG_CACHE_HOME" -type f | wc -l)" = "$1" ] || complain "$1 files expected in the cache"
}

requests() {
	wc -l <"$BATS_FILE_TMPDIR/log"
}

@test "it comes, once" {
	for digest in "sha256=$SHA256" "sha512=$SHA512" "SHA256=${SHA256^^}"; do
		rm -rf "$XDG_CACHE_HOME"
		fetch "$AT/good/disk.img#$digest"
		is_it
		fetch "$AT/good/disk.img#$digest"
		is_it
	done
	[ "$(requests)" = 3 ]
}

@test "the cache is below the home folder, too" {
	unset XDG_CACHE_HOME
	HOME=$BATS_TEST_TMPDIR fetch "$AT/good/disk.img#sha256=$SHA256"
	[[ $output == "$BATS_TEST_TMPDIR/.cache/vmlint/images/sha256-"*"-disk.img" ]]
	# a relative path is none, says the specification
	XDG_CACHE_HOME=here HOME=$BATS_TEST_TMPDIR fetch "$AT/good/disk.img#sha256=$SHA256"
	[[ $output == "$BATS_TEST_TMPDIR/.cache/"* ]]
	HOME= fetch "$AT/good/disk.img#sha256=$SHA256"
	fails "neither XDG_CACHE_HOME nor HOME is set"
}

@test "another digest: it is not used and not kept" {
	fetch "$AT/good/disk.img#sha256=${SHA256:0:60}0000"
	fails "it is not what it should be"
	left 0
}

@test "what somebody changed in the cache is fetched anew" {
	fetch "$AT/good/disk.img#sha256=$SHA256"
	printf x | dd of="$output" bs=1 seek=1000 conv=notrunc status=none
	fetch "$AT/good/disk.img#sha256=$SHA256"
	is_it
	[ "$(requests)" = 2 ]
}

@test "a connection that is cut: it goes on where it was" {
	fetch "$AT/cut/disk.img#sha256=$SHA256"
	is_it
	diff - "$BATS_FILE_TMPDIR/log" <<-END
		/cut/disk.img - -
		/cut/disk.img bytes=100000- "v1"
		/cut/disk.img bytes=200000- "v1"
		/cut/disk.img bytes=300000- "v1"
	END
}

@test "a server that tells no versions apart: it goes on, as the digest is known" {
	fetch "$AT/undated/disk.img#sha256=$SHA256"
	is_it
	[ "$(tail -n 1 "$BATS_FILE_TMPDIR/log")" = "/undated/disk.img bytes=300000- -" ]
}

@test "an earlier run was cut: it goes on" {
	folder=$XDG_CACHE_HOME/vmlint/images
	mkdir -p "$folder"
	part=$folder/sha256-${SHA256:0:32}-disk.img.part
	head -c 345678 "$BATS_FILE_TMPDIR/disk.img" >"$part"
	echo -n '"v1"' >"$part.version"
	fetch "$AT/good/disk.img#sha256=$SHA256"
	is_it
	[ "$(<"$BATS_FILE_TMPDIR/log")" = '/good/disk.img bytes=345678- "v1"' ]
	# it was all there but for its name
	mv "$output" "$part"
	fetch "$AT/good/disk.img#sha256=$SHA256"
	is_it
}

@test "what an earlier run left is of another file, or longer: it begins anew" {
	folder=$XDG_CACHE_HOME/vmlint/images
	mkdir -p "$folder"
	part=$folder/sha256-${SHA256:0:32}-disk.img.part
	for version in '"v0"' '"v1"' ''; do
		for size in 1000 400000; do
			rm -f "$folder"/*
			head -c "$size" /dev/zero >"$part"
			echo -n "$version" >"$part.version"
			fetch "$AT/good/disk.img#sha256=$SHA256"
			is_it
		done
	done
}

@test "a server that answers 200 to a range" {
	for how in whole plain cut-once; do
		rm -rf "$XDG_CACHE_HOME"
		folder=$XDG_CACHE_HOME/vmlint/images
		mkdir -p "$folder"
		head -c 1000 /dev/zero >"$folder/sha256-${SHA256:0:32}-disk.img.part"
		fetch "$AT/$how/disk.img#sha256=$SHA256"
		is_it
	done
}

@test "a file that changes while it comes" {
	fetch "$AT/changing/disk.img#sha256=$SHA256"
	fails "transfer closed"
}

@test "a server that sends another part than it was asked for" {
	fetch "$AT/wrong/disk.img#sha256=$SHA256"
	fails "the server sends another part"
}

@test "a length that is not so" {
	fetch "$AT/short/disk.img#sha256=$SHA256"
	fails "it is not what it should be"
	left 0
	# asked for what is missing, it says that there is no more
	fetch "$AT/long/disk.img#sha256=$SHA256"
	is_it
}

@test "no room" {
	fetch "$AT/huge/disk.img#sha256=$SHA256"
	fails "are the limit"
	left 0
	run --separate-stderr bash -c "ulimit -f 100; trap '' XFSZ; exec timeout 60 '$FETCH' '$AT/good/disk.img#sha256=$SHA256'"
	fails "cannot keep what comes: File too large"
	left 0
}

@test "not there, not for us, not now" {
	fetch "$AT/gone/disk.img#sha256=$SHA256"
	fails "the server has no such file (404)"
	left 0
	fetch "$AT/secret/disk.img#sha256=$SHA256"
	fails "the server does not give it out (403)"
	fetch "$AT/busy/disk.img#sha256=$SHA256"
	is_it 1
	fetch "$AT/empty/disk.img#sha256=${SHA256:0:60}0000"
	fails "it is not what it should be"
}

@test "redirections: to where they may lead" {
	fetch "$AT/moved/disk.img#sha256=$SHA256"
	is_it
	fetch "$AT/round/disk.img#sha256=${SHA256:0:60}0000"
	fails "redirects"
	fetch "$AT/away/disk.img#sha256=${SHA256:0:60}0000"
	exits 2
	[[ $stderr == *"rotocol"*"file"* ]] || complain "refused for its protocol, expected"
	fetch "$AT/ftp/disk.img#sha256=${SHA256:0:60}0000"
	exits 2
	[[ $stderr == *"rotocol"*"ftp"* ]] || complain "refused for its protocol, expected"
}

@test "a libcurl before 7.85 keeps to http and https, too; one that cannot be told to is not used" {
	mkdir lib
	cp "$TOP/build/tests/old-curl.so" lib/libcurl.so.4
	old() { # old OPTIONS ADDRESS: fetched without sanitizers, by a library that does not know these options
		run --separate-stderr env REAL_CURL="$(ldconfig -p | awk '$1 == "libcurl.so.4" { print $NF; exit }')" OLD_CURL="$1" \
			LD_LIBRARY_PATH="$PWD/lib" timeout 60 "$TOP/build/tests/fetch" "$2"
	}
	old " 10318 10319 " "$AT/moved/disk.img#sha256=$SHA256"
	is_it
	for how in away ftp; do
		old " 10318 10319 " "$AT/$how/disk.img#sha256=${SHA256:0:60}0000"
		exits 2
		[[ $stderr == *"rotocol"*"${how/away/file}"* ]] || complain "refused for its protocol, expected"
	done
	: >"$BATS_FILE_TMPDIR/log"
	for unknown in " 10318 181 " " 10319 182 " " 52 "; do
		old "$unknown" "$AT/good/disk.img#sha256=${SHA256:0:60}0000"
		fails "libcurl cannot be told how to fetch it: An unknown option was passed in to libcurl"
	done
	[ "$(requests)" = 0 ]
}

@test "nobody is there" {
	fetch "http://127.0.0.1:1/disk.img#sha256=$SHA256"
	fails "onnect"
	fetch "http://nowhere.invalid/disk.img#sha256=$SHA256"
	fails "nowhere.invalid"
}

@test "two at once: one downloads" {
	for i in 1 2 3; do
		"$FETCH" "$AT/slow/disk.img#sha256=$SHA256" >"$BATS_TEST_TMPDIR/out.$i" 3>&- &
	done
	wait
	for i in 1 2 3; do
		cmp "$(<"$BATS_TEST_TMPDIR/out.$i")" "$BATS_FILE_TMPDIR/disk.img"
	done
	[ "$(requests)" = 1 ]
	left 1
}

@test "one is killed while another waits" {
	"$FETCH" "$AT/slow/disk.img#sha256=$SHA256" 3>&- >/dev/null &
	first=$!
	for _ in $(seq 100); do [ "$(requests)" = 0 ] || break; sleep .02; done
	"$FETCH" "$AT/slow/disk.img#sha256=$SHA256" >"$BATS_TEST_TMPDIR/out" 3>&- &
	second=$!
	sleep .3
	kill -KILL "$first"
	wait "$second"
	cmp "$(<"$BATS_TEST_TMPDIR/out")" "$BATS_FILE_TMPDIR/disk.img"
	left 1
}

@test "a lock that cannot be had is not another process that has it" {
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/errors.so" ERRORS=flock=ENOLCK timeout 60 "$TOP/build/tests/fetch" \
		"$AT/good/disk.img#sha256=$SHA256"
	fails "disk.img.part for ourselves: No locks available; XDG_CACHE_HOME names another place"
	[ "$(requests)" = 0 ]
	run --separate-stderr env LD_PRELOAD="$TOP/build/tests/errors.so" ERRORS=flock=EINTR,3 timeout 60 "$TOP/build/tests/fetch" \
		"$AT/good/disk.img#sha256=$SHA256"
	is_it
}

@test "http without a digest is refused" {
	fetch "$AT/good/disk.img"
	fails "anybody on the way can change it"
	[ "$(requests)" = 0 ]
}

@test "a file address: the file itself, verified if it can be" {
	fetch "file://$BATS_FILE_TMPDIR/disk.img"
	exits 0
	[ "$output" = "$BATS_FILE_TMPDIR/disk.img" ]
	cp "$BATS_FILE_TMPDIR/disk.img" "$BATS_TEST_TMPDIR/a b%"
	fetch "file://localhost$BATS_TEST_TMPDIR/a%20b%25#sha512=$SHA512"
	exits 0
	[ "$output" = "$BATS_TEST_TMPDIR/a b%" ]
	fetch "file://$BATS_FILE_TMPDIR/disk.img#sha256=${SHA256:0:60}0000"
	fails "it is not what it should be"
	fetch "file:///nonexistent/disk.img"
	fails "No such file"
	fetch "file://$BATS_TEST_TMPDIR"
	fails "it is no file"
}

@test "addresses that are none" {
	fetch "ftp://127.0.0.1/disk.img"
	fails "addresses begin with http://, https:// or file://"
	fetch "https://"
	fails "no host is named"
	fetch "https://a b/"
	fails "no spaces"
	fetch "file://elsewhere/disk.img"
	fails "by its whole path"
	for digest in sha256 sha256= sha256=123 "sha512=$SHA256" "md5=${SHA256:0:32}" "sha256=${SHA256:0:63}x"; do
		fetch "$AT/good/disk.img#$digest"
		fails "behind # stands sha256= with 64 digits"
	done
}

@test "a file's name is a file's name" {
	fetch "$BATS_FILE_TMPDIR/disk.img"
	[ "$output" = "$BATS_FILE_TMPDIR/disk.img" ]
	fetch nothing-of-that-name
	[ "$output" = nothing-of-that-name ]
	cd "$BATS_TEST_TMPDIR"
	: >debian-12-arm64
	fetch debian-12-arm64
	[ "$output" = debian-12-arm64 ]
	[ ! -e "$XDG_CACHE_HOME" ]
}

references() { # references LINE...: a list of one image with these lines
	export VMLINT_REFERENCE_IMAGES=$BATS_TEST_TMPDIR/list.json
	printf '{"images":[{"name":"sample",%s}]}\n' "$1" >"$VMLINT_REFERENCE_IMAGES"
}

@test "a reference image whose digest is in our list" {
	references "\"address\":\"$AT/good/disk.img\",\"digest\":\"sha256=$SHA256\""
	fetch sample
	is_it
	references "\"address\":\"$AT/good/disk.img\",\"digest\":\"sha256=${SHA256:0:60}0000\""
	fetch sample
	fails "it is not what it should be"
}

@test "a reference image whose digest is in its publisher's list" {
	printf '%s  other.img\n%s *disk.img\n' "${SHA256/?/0}" "$SHA256" >"$BATS_TEST_TMPDIR/SUMS"
	references "\"address\":\"$AT/good/disk.img\",\"digests\":\"file://$BATS_TEST_TMPDIR/SUMS\""
	fetch sample
	is_it
	echo "$SHA256  another.img" >"$BATS_TEST_TMPDIR/SUMS"
	fetch sample
	fails "it is not in its list of digests"
	rm "$BATS_TEST_TMPDIR/SUMS"
	fetch sample
	fails "sample: cannot read its list of digests $BATS_TEST_TMPDIR/SUMS: No such file or directory"
	mkdir "$BATS_TEST_TMPDIR/SUMS"
	fetch sample
	fails "sample: cannot read its list of digests $BATS_TEST_TMPDIR/SUMS: Is a directory"
}

@test "lists that make no sense" {
	for line in '"address":"https://a/b"' '"digest":"sha256=1","address":"https://a/b"' "\"digest\":\"sha256=$SHA256\"" \
		'"address":"https://a/b","digests":"http://a/SUMS"'; do
		references "$line"
		fetch sample
		exits 2
		[[ $stderr == "fetch: $VMLINT_REFERENCE_IMAGES: "* ]] || complain "the list's name expected"
	done
	echo '[' >"$VMLINT_REFERENCE_IMAGES"
	fetch sample
	fails "no JSON object"
	rm "$VMLINT_REFERENCE_IMAGES"
	fetch sample
	fails "No such file"
}

@test "lint takes addresses and names of reference images, each beside files" {
	vmlint "$AT/good/disk.img#sha256=$SHA256" "$AT/gone/disk.img#sha256=${SHA256:0:60}0000" "$BATS_FILE_TMPDIR/disk.img"
	exits 2
	says "$AT/good/disk.img#sha256=$SHA256"': error: the disk has no partition table' \
		"$AT/gone/disk.img#sha256=${SHA256:0:60}0000: could not check: the server has no such file (404)" \
		"$BATS_FILE_TMPDIR/disk.img"': error: the disk has no partition table' "3 images: "
	vmlint --format=json "$AT/good/disk.img#sha256=${SHA256:0:60}0000"
	exits 2
	jq -e --arg at "$AT/good/disk.img" '.images[0] | .status == "unreadable" and (.image | startswith($at)) and
		(.error | startswith("it is not what it should be"))' <<<"$output"
	references "\"address\":\"$AT/good/disk.img\",\"digest\":\"sha256=$SHA256\""
	vmlint sample
	exits 1
	says 'sample: error: the disk has no partition table'
	vmlint http://127.0.0.1:1/disk.img
	exits 2
	says "could not check: anybody on the way can change it"
}

@test "our own list can be read, and its addresses are https" {
	jq -e '.images | length > 0 and all(.address, .digests | startswith("https://")) and (map(.name) | unique | length) == length' \
		"$TOP/rules/data/reference-images.json"
}

@test "passwords in addresses are not shown" {
	secret=${AT/:\/\//://joe:s3cret@}
	for address in "$secret/good/disk.img#sha256=${SHA256:0:60}0000" "$secret/good/disk.img" "$secret/good/disk.img#md5=1" \
		"http://joe:s3cret@127.0.0.1:1/disk.img#sha256=$SHA256"; do
		for call in lint "lint --format=json" "lint --format=vmspec" boot; do
			vmlint $call "$address"
			exits 2
			[[ $output$stderr == *"://***@127.0.0.1"* && $output$stderr != *s3cret* && $output$stderr != *joe* ]] ||
				complain "hidden, expected"
		done
	done
}

@test "a list that is cut off by a signal leaves nothing" {
	# somebody who listens and says nothing
	python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(20)' >"$BATS_TEST_TMPDIR/port" 3>&- &
	mute=$!
	for _ in $(seq 100); do [ ! -s "$BATS_TEST_TMPDIR/port" ] || break; sleep .05; done
	printf '{"images":[{"name":"sample","address":"https://127.0.0.1:1/disk.img","digests":"https://127.0.0.1:%s/SUMS"}]}' \
		"$(<"$BATS_TEST_TMPDIR/port")" >"$BATS_TEST_TMPDIR/list.json"
	VMLINT_REFERENCE_IMAGES=$BATS_TEST_TMPDIR/list.json "$PLAIN" sample >/dev/null 2>&1 3>&- &
	pid=$!
	for _ in $(seq 100); do [ -z "$(ls -l "/proc/$pid/fd" 2>/dev/null | grep 'images/.*(deleted)')" ] || break; sleep .05; done
	kill -9 "$pid"
	wait "$pid" || :
	kill "$mute"
	left 0
}

@test "a progress line on a terminal" {
	run script -qec "$FETCH '$AT/slow/disk.img#sha256=$SHA256'" /dev/null
	[[ $output == *"downloading disk.img"*" % of 0 MiB"* ]] || complain "a progress line expected"
	fetch "$AT/good/disk.img#sha256=$SHA256"
	[ -z "$stderr" ]
}
