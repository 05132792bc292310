/* SPDX-License-Identifier: MIT */
/* test_grub: the language: words, variables, conditions, loops, functions.
 *
 * A script says what it found by the command line of a kernel that it starts. */
#include "grub_machine.h"

/* Runs a script that ends by starting a kernel with "$r"; its command line without the kernel's name. */
static const char *result(struct machine *m, const char *script)
{
	const struct grub_course *outcome;
	static const char head[] = "menuentry x {\nlinux /vmlinuz $r\n}\n";
	const char *text = arena_printf(m->arena, "set r=none\n%s\nexport r\n%s", script, head);

	/* a machine each, as files are read once */
	void *fresh;
	struct machine *n;
	const char *words;

	machine_setup(&fresh);
	n = fresh;
	memory_fs_file(n->esp, n->arena, "/vmlinuz", "kernel");
	memory_fs_file(n->root, n->arena, "/etc/fstab", "x");
	memory_fs_file(n->root, n->arena, "/empty", "");
	memory_fs_file(n->esp, n->arena, "/EFI/debian/arm64-efi/regexp.mod", "module");
	memory_fs_file(n->esp, n->arena, "/w/b-10", "");
	memory_fs_file(n->esp, n->arena, "/w/a-9", "");
	memory_fs_file(n->esp, n->arena, "/w/d/e", "");
	memory_fs_link(n->root, n->arena, "/link", "etc/fstab");
	memory_fs_link(n->root, n->arena, "/loop", "/loop");
	outcome = machine_script(n, text);
	assert_non_null(outcome->menu);
	words = arena_strdup(m->arena, only_attempt(&outcome->menu->entries[0])->arguments.text);
	machine_teardown(&fresh);
	return words;
}

static void test_words(void **state)
{
	static const struct {
		const char *script, *expected;
	} cases[] = {
		{ "set r=a", "a" },
		{ "set r='a b'", "a b" },
		{ "set r=\"a  b\"", "a b" },
		{ "set a=1; set r=x${a}y$a", "x1y1" },
		{ "set a=1; set r='$a'", "$a" },
		{ "set a=1; set r=\"\\$a\\\\\"", "$a\\\\" },
		{ "set r=a\\ b", "a b" },
		{ "set r=a\\\nb", "ab" },
		{ "set r=\"a\\\nb\"", "ab" },
		{ "set r='a\nb'", "a b" },
		{ "set r='a\n# a comment to GRUB even here\nb'", "a b" },
		{ "set r=a#b # c", "a#b" },
		{ "set r=$\"a\"b", "ab" },
		{ "r=b", "b" },
		{ "set a='1 2'; for i in $a; do set r=$r,$i; done", "none,1,2" },
		{ "set a='1 2'; for i in \"$a\"; do set r=\"$r,$i\"; done", "none,1 2" },
		{ "set a='1 2'; for i in \"$a\"; do set r=$r,$i; done", "none,1" },
		{ "for i in $nothing; do set r=x; done", "none" },
		{ "for i in \"$nothing\"; do set r=x; done", "x" },
		{ "set r=$?", "0" },
		{ "false; set r=$?", "1" },
		{ "set a=b; unset a; set r=x$a", "x" },
		{ "set\tr=tab;", "tab" },
		{ "set r=a\r", "a" },
		{ "eval set r=evaluated", "evaluated" },
		{ "set a='set r'; eval \"$a=1\"", "1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = result(*state, cases[i].script);

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", cases[i].script, got, cases[i].expected);
	}
}

static void test_conditions(void **state)
{
	static const struct {
		const char *condition;
		bool expected;
	} cases[] = {
		{ "true", true },
		{ "false", false },
		{ "! false", true },
		{ "[ a = a ]", true },
		{ "[ a == b ]", false },
		{ "[ a != b ]", true },
		{ "test a \"<\" b", true },
		{ "test b \"<=\" a", false },
		{ "[ b \">\" a ]", true },
		{ "[ 10 -gt 9 ]", true },
		{ "[ 0x10 -eq 16 ]", true },
		{ "[ -1 -lt 0 ]", true },
		{ "[ 1 -ne 1 ]", false },
		{ "[ 1 -ge 1 ]", true },
		{ "[ 2 -le 1 ]", false },
		{ "[ vmlinuz-2 -plt vmlinuz-11 ]", true },
		{ "[ vmlinuz-2 -pgt vmlinuz-11 ]", false },
		{ "[ -z \"\" ]", true },
		{ "[ -n \"$nothing\" ]", false },
		{ "[ x ]", true },
		{ "[ \"\" ]", false },
		{ "[ ! x ]", false },
		{ "[ a = b -o a = a ]", true },
		{ "[ a = a -a a = b ]", false },
		{ "[ a = b -a a = a -o x ]", true },
		{ "[ ! ( a = b -o b = c ) ]", true },
		{ "[ ( a = a ) -a ( b = b ) ]", true },
		{ "[ -f (hd0,gpt2)/etc/fstab ]", true },
		{ "[ -f (hd0,2)/etc/fstab ]", true },
		{ "[ -f (hd0,msdos2)/etc/fstab ]", false },
		{ "[ -f (hd0,gpt2)/etc ]", false },
		{ "[ -d (hd0,gpt2)/etc ]", true },
		{ "[ -d (hd0,gpt2)/ ]", true },
		{ "[ -e (hd0,gpt2)/etc/../etc//fstab ]", true },
		{ "[ -e (hd0,gpt2)/no ]", false },
		{ "[ -e (hd9,gpt2)/etc ]", false },
		{ "[ -s (hd0,gpt2)/etc/fstab ]", true },
		{ "[ -s (hd0,gpt2)/empty ]", false },
		{ "[ -f (hd0,gpt2)/link ]", true },
		{ "[ -f (hd0,gpt2)/loop ]", false },
		{ "[ -f /vmlinuz ]", true },
		{ "[ \"$grub_platform\" = efi ]", true },
		{ "[ x$feature_menuentry_id = xy ]", true },
		{ "[ (hd0,gpt2)/etc/fstab -nt (hd0,gpt2)/no ]", true },
		{ "regexp '^a(b+)c$' abbc", true },
		{ "regexp '^a' b", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *script = arena_printf(((struct machine *)*state)->arena,
						  "if %s; then set r=yes; else set r=no; fi", cases[i].condition);
		const char *got = result(*state, script);

		if (strcmp(got, cases[i].expected ? "yes" : "no") != 0)
			fail_msg("%s: %s", cases[i].condition, got);
	}
}

static void test_control(void **state)
{
	static const struct {
		const char *script, *expected;
	} cases[] = {
		{ "if false\nthen set r=1\nelif true; then\n set r=2\nelse\n set r=3\nfi", "2" },
		{ "if false; then set r=1; elif false; then set r=2; else set r=3; fi", "3" },
		{ "for i in a b c; do if [ $i = b ]; then break; fi; set r=$i; done", "a" },
		{ "for i in a b c; do if [ $i = b ]; then continue; fi; set r=$r$i; done", "noneac" },
		{ "for i in 1 2; do for j in a b; do continue 2; done; set r=x; done", "none" },
		{ "for i in 1 2; do for j in a b; do break 2; done; done; set r=$i$j", "1a" },
		{ "set i=x; while [ $i != xxxx ]; do set i=x$i; done; set r=$i", "xxxx" },
		{ "set i=x; until [ $i = xxx ]; do set i=x$i; done; set r=$i", "xxx" },
		{ "function f { set r=\"$1,$2,$#\"; }\nf a 'b c' d", "a,b c,3" },
		{ "function f { set r=\"$@\"; }\nf a b", "a" },
		{ "function f { set r=\"$*\"; }\nf a b", "a b" },
		{ "function f {\n for i in \"$@\"; do set r=\"$r.$i\"; done\n}\nf 'a b' c", "none.a b.c" },
		{ "function f { shift; set r=$1; }\nf a b", "b" },
		{ "function f { setparams x y; set r=$2; }\nf a b", "y" },
		{ "function f { return 1; set r=x; }\nif f; then set r=yes; else set r=no; fi", "no" },
		{ "function f { true; return; }\nif f; then set r=yes; else set r=no; fi", "yes" },
		{ "function f { g; }\nfunction g { set r=g; }\nf", "g" },
		{ "regexp --set=1:r 'a(b+)c' xabbcx", "bb" },
		{ "regexp --set r 'a(b+)c' xabbcx", "bb" },
		{ "increment n; increment n; set r=$n", "2" },
		{ "set n=0; decrement n; set r=$n", "-1" },
		{ "search --no-floppy --fs-uuid --set=r " ROOT_UUID, "hd0,gpt2" },
		{ "search --no-floppy --fs-uuid --set=r 1c51-aaaa", "hd0,gpt1" },
		{ "search --label --set=r cloud", "hd0,gpt2" },
		{ "search -l cloud -s; set r=$root; set root=hd0,gpt1", "hd0,gpt2" },
		{ "search --file --set=r /etc/fstab", "hd0,gpt2" },
		/* an option's value in the next word */
		{ "search --label cloud --set r --no-floppy", "hd0,gpt2" },
		{ "search --fs-uuid \"" ROOT_UUID "\" --set r", "hd0,gpt2" },
		{ "search -l cloud -s r", "hd0,gpt2" },
		{ "search -sl cloud; set r=$root; set root=hd0,gpt1", "hd0,gpt2" },
		{ "search --file --set r /etc/fstab", "hd0,gpt2" },
		{ "search --no-floppy --set r --file /etc/fstab", "hd0,gpt2" },
		{ "search --set --file /etc/fstab; set r=$root; set root=hd0,gpt1", "hd0,gpt2" },
		{ "search --hint-bios hd0,gpt1 --hint hd0,gpt2 --fs-uuid --set r " ROOT_UUID, "hd0,gpt2" },
		{ "search --set r --label -- cloud", "hd0,gpt2" },
		{ "probe --set r --fs (hd0,gpt2)", "ext2" },
		{ "probe -u -s r hd0,gpt1", ESP_UUID },
		{ "regexp --set 1:r '(b+)' abbc", "bb" },
		{ "regexp -s r 'b(.)' abbc", "b" },
		{ "search.fs_uuid " ROOT_UUID " r hd0,gpt2", "hd0,gpt2" },
		/* wildcards: only with regexp, in the folder's order */
		{ "for i in /w/*; do set r=$r,$i; done", "none,/w/*" },
		{ "insmod regexp; for i in /w/*; do set r=$r,$i; done", "none,/w/b-10,/w/a-9,/w/d" },
		{ "insmod regexp; for i in (hd0,gpt1)/w/?-*; do set r=$r,$i; done", "none,(hd0,gpt1)/w/b-10,(hd0,gpt1)/w/a-9" },
		{ "insmod regexp; for i in /?/*/e; do set r=$r,$i; done", "none,/w/d/e" },
		{ "insmod regexp; for i in '/w/*' /no/* /w/x*; do set r=$r,$i; done", "none,/w/*,/no/*,/w/x*" },
		{ "insmod regexp; d='x (hd0,gpt1)/w/d'; for i in *$d; do set r=$r,$i; done", "none,*x,(hd0,gpt1)/w/d" },
		{ "insmod regexp; d=/w; for i in $d/*9; do set r=$r,$i; done", "none,/w/a-9" },
		{ "if search --file --set=r /no; then set r=yes; fi", "none" },
		{ "probe --set=r --fs-uuid (hd0,gpt2)", ROOT_UUID },
		{ "probe --set=r --fs hd0,gpt1", "fat" },
		{ "set a=(hd0,gpt2); set root=$a; set r=$root; set root=hd0,gpt1", "hd0,gpt2" },
		{ "set r=$prefix,$cmdpath", "(hd0,gpt1)/EFI/debian,(hd0,gpt1)/EFI/debian" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = result(*state, cases[i].script);

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", cases[i].script, got, cases[i].expected);
	}
}

/* What GRUB refuses costs that statement alone. */
static void test_problems(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;

	memory_fs_file(m->esp, m->arena, "/vmlinuz", "kernel");
	outcome = machine_script(m, "set a=1\n"
				    "fi\n"
				    "  set b=2 | cat\n"
				    "menuentry empty { }\n"
				    "menuentry x {\n"
				    "\tlinux /vmlinuz $a ${b}\n"
				    "}\n"
				    "menuentry unfinished {\n"
				    "\tlinux /vmlinuz\n");
	assert_int_equal(m->result->problem_count, 4);
	assert_place(&m->result->problems[0].place, "/EFI/debian/grub.cfg", 2, 1);
	assert_place(&m->result->problems[1].place, "/EFI/debian/grub.cfg", 3, 11);
	assert_place(&m->result->problems[2].place, "/EFI/debian/grub.cfg", 4, 19);
	assert_int_equal(m->result->problems[3].place.line, 10);
	assert_int_equal(outcome->menu->entry_count, 1);
	assert_string_equal(only_attempt(&outcome->menu->entries[0])->arguments.text, "1");
}

static void test_places(void **state)
{
	struct machine *m = *state;
	const struct grub_course *outcome;
	const struct grub_attempt *attempt;
	const struct cmdline *cmdline;

	memory_fs_file(m->esp, m->arena, "/vmlinuz", "kernel");
	memory_fs_file(m->esp, m->arena, "/EFI/debian/grubenv",
		       "# GRUB Environment Block\nsaved_entry=x\nkernelopts=root=UUID=1 ro console=tty0\n####");
	outcome = machine_script(m, "load_env\n"
				    "set more=\"panic=1\"\n"
				    "menuentry 'x' {\n"
				    "\tlinux  /vmlinuz $kernelopts quiet \"a b=\"'c' ${more}\\\n"
				    "x\n"
				    "\tinitrd /no.img\n"
				    "}\n");
	/* variables that are not exported reach the entries of the same context */
	attempt = only_attempt(&outcome->menu->entries[0]);
	assert_string_equal(attempt->cmdline.text,
			    "BOOT_IMAGE=/vmlinuz root=UUID=1 ro console=tty0 quiet \"a b=c\" panic=1x");
	cmdline = cmdline_parse(m->arena, &attempt->cmdline);
	assert_int_equal(cmdline->word_count, 7);
	assert_place(&cmdline->root->place, "/EFI/debian/grubenv", 3, 12);
	assert_place(&cmdline->root->value_place, "/EFI/debian/grubenv", 3, 17);
	assert_place(&cmdline->words[3].place, "/EFI/debian/grubenv", 3, 27);
	assert_place(&cmdline->words[4].place, "/EFI/debian/grub.cfg", 4, 30);
	assert_place(&cmdline->words[6].place, "/EFI/debian/grub.cfg", 2, 11);
	assert_place(&attempt->place, "/EFI/debian/grub.cfg", 4, 2);
	assert_int_equal(attempt->kernel.found, GRUB_FOUND);
	assert_ptr_equal(attempt->kernel.device, &m->devices[0]);
	assert_int_equal(attempt->initrd_count, 1);
	assert_int_equal(attempt->initrds[0].found, GRUB_MISSING);
	{
		struct boot_place place = boot_text_place(&attempt->initrds[0].text, 0);

		assert_place(&place, "/EFI/debian/grub.cfg", 6, 9);
	}
	assert_place(&outcome->menu->entries[0].place, "/EFI/debian/grub.cfg", 3, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_conditions, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_control, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_problems, machine_setup, machine_teardown),
		cmocka_unit_test_setup_teardown(test_places, machine_setup, machine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
