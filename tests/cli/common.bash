# SPDX-License-Identifier: MIT
# common: what the command-line tests share.  VMLINT is the program under test (default build/vmlint, made absolute);
# PLAIN is the build without sanitizers, for limits that a sanitizer's own memory would break.

bats_require_minimum_version 1.5.0
TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
: "${VMLINT:=build/vmlint}"
case $VMLINT in /*) ;; *) VMLINT=$TOP/$VMLINT ;; esac
PLAIN=$TOP/build/vmlint
MUTATE=${MUTATE:-$TOP/fixtures/mutate}
unset NO_COLOR

# In a folder of the file's own, so that names in messages are short.
cd "$BATS_FILE_TMPDIR" 2>/dev/null || cd "$BATS_RUN_TMPDIR" || exit 1

# fixture NAME: the path of a good image; made if it is not there.
fixture() {
	"$TOP/fixtures/build" "$1" | tail -n 1
}

# appliance FILE [FACTS [SOURCES]]: a disk with nothing on it but the settings, as if made of this tree unless told
appliance() {
	local facts=${2-vmlint.facts=2} sources=${3-$(grep -o '[0-9a-f]\{16\}' "$TOP/build/appliance/generated/appliance-sources.h")}
	head -c 4096 /dev/zero >"$1"
	printf '%-2047s\n' "vmlint.settings=1${facts:+ $facts}${sources:+ vmlint.sources=$sources} loglevel=4" >>"$1"
	truncate -s 2M "$1"
}

# vmlint ARGUMENT...: runs it; $status, $output and $stderr are what came of it.  It may not hang or crash.
vmlint() {
	run --separate-stderr timeout -k 1 20 "$VMLINT" "$@"
	sound
}

# sound: what ran neither hung, nor crashed, nor did a worker of it.
sound() {
	case $status in
	0 | 1 | 2) ;;
	124 | 137) complain "it hung" ;;
	*) complain "it ended with status $status" ;;
	esac
	[[ $output$stderr != *Sanitizer* && $output$stderr != *"runtime error"* ]] || complain "a sanitizer speaks"
	[[ $output$stderr != *"stopped by signal"* && $output$stderr != *"ended early"* ]] || complain "the worker died"
}

complain() {
	printf '%s\n--- status %s\n--- output\n%s\n--- errors\n%s\n' "$1" "$status" "$output" "$stderr"
	return 1
}

exits() { # exits STATUS
	[ "$status" = "$1" ] || complain "exit status $1 expected"
}

says() { # says TEXT...: on standard output
	local text
	for text; do
		[[ $output == *"$text"* ]] || complain "\"$text\" expected"
	done
}

lacks() { # lacks TEXT...: nowhere on standard output
	local text
	for text; do
		[[ $output != *"$text"* ]] || complain "\"$text\" not expected"
	done
}

# A wrong call: status 2, nothing on standard output, the text and where help is to be had on standard error.
refuses() { # refuses TEXT
	exits 2
	[ -z "$output" ] || complain "nothing expected on standard output"
	[[ $stderr == "vmlint: "*"$1"* ]] || complain "error \"$1\" expected"
	[[ $stderr == *"Try \`vmlint"*"--help\`."* ]] || complain "no word of where help is to be had"
}

# findings: the rules of the diagnostics in $output (text), each once, sorted.
findings() {
	sed -nE 's/^.*: (error|warning|note): .* \[([a-z0-9-]+)\]$/\2/p' <<<"$output" | sort -u | tr '\n' ' '
}
