/* SPDX-License-Identifier: MIT */
/* test_guest_check: a check is not stopped half-way; what was to stop it does so behind it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guest/check.h"

static volatile sig_atomic_t came;
static int came_inside;

static void on_signal(int number)
{
	(void)number;
	came++;
}

static void interrupted(struct facts *facts)
{
	(void)facts;
	raise(SIGINT);
	raise(SIGTERM);
	raise(SIGHUP);
	came_inside = came;
}

static void test_signals_wait(void **state)
{
	(void)state;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	check_whole(NULL, interrupted);
	assert_int_equal(came_inside, 0);
	assert_int_equal(came, 3);
	/* and nothing is held back from then on */
	raise(SIGTERM);
	assert_int_equal(came, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_signals_wait) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
