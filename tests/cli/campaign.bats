# SPDX-License-Identifier: MIT
# campaign: tests/fuzz/campaign notices whatever it promises to notice.  The program under test is wrapped in one that misbehaves.

load common

# campaign BODY: two mutants by a program that does this beside linting; "$real" is the linter, "$@" its arguments, the
# last of them the last image.
campaign() {
	mkdir -p bin
	printf '#!/bin/bash\nreal=%q\nimage=${!#}\n%s\n' "$VMLINT" "$1" >bin/vmlint
	chmod +x bin/vmlint
	run "$TOP/tests/fuzz/campaign" --count 2 --seed 0 --jobs 1 --vmlint "$PWD/bin/vmlint" --plain none --keep "$PWD/kept"
}

notices() { # notices TEXT
	if [ "$status" != 1 ] || [[ $output != *"$1"* ]]; then
		printf '%s expected, status %s:\n%s\n' "$1" "$status" "$output"
		return 1
	fi
}

@test "nothing is wrong with the program itself" {
	campaign 'exec "$real" "$@"'
	[ "$status" = 0 ]
	[[ $output = *"2 passed, 0 failed"* ]]
}

@test "crashes, words of sanitizers, reports that are none" {
	campaign 'kill -SEGV $$'
	notices "killed by signal 11"
	campaign 'echo "runtime error: x" >&2; exec "$real" "$@"'
	notices "standard error: runtime error: x"
	campaign '"$real" "$@" | head -c -20'
	notices "no JSON"
	campaign '"$real" "$@" | sed "s/\"summary\"/\"sum\"/"'
	notices "schema: "
	campaign '"$real" "$@"; exit 0'
	notices "would fit the report"
	campaign '"$real" "$@" | sed "s/\"reason\": \"/&the reader was stopped by signal 11, /"; exit "${PIPESTATUS[0]}"'
	notices "it says: the reader was stopped"
}

@test "what is changed, left behind, or taken too much of" {
	campaign 'touch -m "$image"; exec "$real" "$@"'
	notices "image was changed"
	campaign 'touch "$image.lock"; exec "$real" "$@"'
	notices "the files beside it were"
	campaign 'touch "$TMPDIR/x"; exec "$real" "$@"'
	notices "left behind: x"
	campaign 'sleep 100 & exec "$real" "$@"'
	notices "left a process behind"
	campaign 'python3 -c "bytearray(700 << 20)"; "$real" "$@"'
	notices " MiB"
}

@test "a failure is kept, and can be made again by its number" {
	campaign '"$real" "$@"; exit 0'
	[ -s kept/1/image ]
	grep -q '^fixtures/mutate ./base ./image' kept/1/recipe
	# by the recipe, as a person would
	(cd kept/1 && sed "s,^tests/,$TOP/tests/,; s,tests/fuzz/corpus,$TOP/&,; s,^fixtures/,$TOP/fixtures/,; /^mutant/d; /^options/,\$d" \
		recipe >again && mv image ../first && bash ./again && cmp ../first image)
	run "$TOP/tests/fuzz/campaign" --only 1 --vmlint "$VMLINT" --plain none --keep "$PWD/kept"
	[ "$status" = 0 ]
	[[ $output = *"nothing is wrong"* ]]
	cmp kept/first kept/1/image
}
