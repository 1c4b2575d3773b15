"""Cases in Go, Rust and Java."""

from __future__ import annotations

from tests.engine.qa.weakening.cases import Case, edit

GO = """\
package calc

import "testing"

func TestAdd(t *testing.T) {
	got := Add(1, 2)
	if got != 3 {
		t.Errorf("Add = %d", got)
	}
	if err := Check(got); err == nil {
		t.Fatal("no error")
	}
}

func TestTable(t *testing.T) {
	tests := []struct {
		a, want int
	}{
		{1, 2},
		{2, 3},
		{3, 4},
	}
	for _, tt := range tests {
		if got := Add(tt.a, 1); got != tt.want {
			t.Errorf("got %d", got)
		}
	}
}

func TestTestify(t *testing.T) {
	assert.Equal(t, 3, Add(1, 2))
	require.NoError(t, Check(4))
}
"""
RUST = """\
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        let sum = add(1, 2);
        assert_eq!(sum, 3);
        assert!(add(0, 0) == 0);
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn overflows() {
        add(i32::MAX, 1);
    }

    #[test]
    fn parses() {
        let x: &'static str = "a";
        assert_eq!(parse(x).unwrap(), 'a');
    }
}
"""
JAVA = """\
package shop;

import static org.junit.jupiter.api.Assertions.*;
import org.junit.jupiter.api.Test;

class CartTest {
    @Test
    void adds() {
        Cart cart = new Cart();
        cart.add(2);
        assertEquals(2, cart.total());
        assertTrue(cart.isOpen());
    }

    @ParameterizedTest
    @CsvSource({"1,2", "2,3", "3,4"})
    void table(int a, int b) {
        assertEquals(b, Calc.add(a, 1));
    }

    @Test
    void refuses() {
        assertThrows(IllegalArgumentException.class, () -> new Cart().add(-1));
    }

    @Test
    void fluent() {
        assertThat(Calc.add(1, 2)).isEqualTo(3);
    }
}
"""
G, R, J = "calc/calc_test.go", "src/lib.rs", "src/test/java/shop/CartTest.java"


def go(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"go: {name}", G, GO, *swaps)


def rust(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"rust: {name}", R, RUST, *swaps)


def java(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"java: {name}", J, JAVA, *swaps)


GO_IF = '\tif got != 3 {\n\t\tt.Errorf("Add = %d", got)\n\t}\n'
RUST_ADDS = "        let sum = add(1, 2);\n        assert_eq!(sum, 3);\n        assert!(add(0, 0) == 0);\n"

WEAKENED = [
    Case("go: file deleted", {G: GO}, {}),
    go("test renamed", ("func TestAdd(", "func testAdd(")),
    go("t.Skip", ("\tgot := Add(1, 2)\n", '\tt.Skip("later")\n\tgot := Add(1, 2)\n')),
    go("return first", ("\tgot := Add(1, 2)\n", "\treturn\n\tgot := Add(1, 2)\n")),
    go("build tag", ("package calc", "//go:build ignore\n\npackage calc")),
    go("one check gone", (GO_IF, "\t_ = got\n")),
    go("never", ("if got != 3 {", "if false {")),
    go("with itself", ("if got != 3 {", "if got != got {")),
    go("fewer cases", ("\t\t{2, 3},\n\t\t{3, 4},\n", "")),
    go("log for error", ('t.Errorf("Add = %d", got)', 't.Logf("Add = %d", got)')),
    go("testify: gone", ("\tassert.Equal(t, 3, Add(1, 2))\n", "")),
    go("testify: same", ("assert.Equal(t, 3, Add(1, 2))", "assert.Equal(t, 3, 3)")),
    go("testify: True", ("assert.Equal(t, 3, Add(1, 2))", "assert.True(t, true)")),
    go("testify: NotNil", ("assert.Equal(t, 3, Add(1, 2))", "assert.NotNil(t, Add(1, 2))")),
    rust("ignore", ("    #[test]\n    fn adds", "    #[test]\n    #[ignore]\n    fn adds")),
    rust("ignore before", ("    #[test]\n    fn adds", '    #[ignore = "later"]\n    #[test]\n    fn adds')),
    rust("no test any more", ("    #[test]\n    fn adds", "    fn adds")),
    rust("commented out", ("    #[test]\n    fn adds", "    // #[test]\n    fn adds")),
    rust("assert!(true)", (RUST_ADDS, "        assert!(true);\n")),
    rust("same", ("assert_eq!(sum, 3)", "assert_eq!(sum, sum)")),
    rust("literals", ("assert_eq!(sum, 3)", "assert_eq!(1, 1)")),
    rust("one of two", ("        assert!(add(0, 0) == 0);\n", "")),
    rust("is_ok", ("assert_eq!(parse(x).unwrap(), 'a')", "assert!(parse(x).is_ok())")),
    rust("made to panic", ("    #[test]\n    fn adds", "    #[test]\n    #[should_panic]\n    fn adds")),
    rust("no panic expected", ('    #[should_panic(expected = "overflow")]\n', "")),
    rust("never compiled", ("    #[test]\n    fn adds", "    #[cfg(any())]\n    #[test]\n    fn adds")),
    java("Disabled", ("    @Test\n    void adds", "    @Disabled\n    @Test\n    void adds")),
    java("Disabled after", ("    @Test\n    void adds", '    @Test @Disabled("later")\n    void adds')),
    java("class disabled", ("class CartTest", '@Disabled("later")\nclass CartTest')),
    java("Test gone", ("    @Test\n    void adds", "    void adds")),
    java("assertTrue(true)", ("assertEquals(2, cart.total());", "assertTrue(true);")),
    java("same", ("assertEquals(2, cart.total())", "assertEquals(2, 2)")),
    java("NotNull", ("assertEquals(2, cart.total())", "assertNotNull(cart.total())")),
    java("one of two", ("        assertTrue(cart.isOpen());\n", "")),
    java(
        "swallowed",
        (
            "        assertEquals(2, cart.total());\n",
            (
                "        try {\n            assertEquals(2, cart.total());\n"
                "        } catch (AssertionError e) {\n        }\n"
            ),
        ),
    ),
    java("fewer cases", (', "2,3", "3,4"', "")),
    java(
        "throws nothing",
        ("assertThrows(IllegalArgumentException.class, () -> new Cart().add(-1))", "new Cart().add(-1)"),
    ),
    java("isNotNull", (".isEqualTo(3)", ".isNotNull()")),
    java("assumption", ("        Cart cart", "        assumeTrue(false);\n        Cart cart")),
    java("mocked", ("Cart cart = new Cart()", "Cart cart = mock(Cart.class)")),
]

HONEST = [
    go(
        "test added",
        (
            "func TestTable",
            "func TestMore(t *testing.T) {\n\tif Add(4, 4) != 8 {\n\t\tt.Fail()\n\t}\n}\n\nfunc TestTable",
        ),
    ),
    go("variable renamed", ("got", "sum")),
    go("fatal for error", ('t.Errorf("Add = %d", got)', 't.Fatalf("Add = %d, want 3", got)')),
    go("expected changed", ("got != 3", "got != 4")),
    go("more cases", ("\t\t{3, 4},\n", "\t\t{3, 4},\n\t\t{4, 5},\n")),
    go(
        "sub tests",
        (
            '\t\tif got := Add(tt.a, 1); got != tt.want {\n\t\t\tt.Errorf("got %d", got)\n\t\t}\n',
            (
                '\t\tt.Run("x", func(t *testing.T) {\n\t\t\tif got := Add(tt.a, 1); got != tt.want {\n'
                '\t\t\t\tt.Errorf("got %d", got)\n\t\t\t}\n\t\t})\n'
            ),
        ),
    ),
    go("renamed", ("func TestAdd(", "func TestAddOfTwo(")),
    go("short", ("\tgot := Add(1, 2)\n", "\tif testing.Short() {\n\t\tt.Skip()\n\t}\n\tgot := Add(1, 2)\n")),
    go(
        "helper",
        (GO_IF, "\tcheck(t, got, 3)\n"),
        (
            "func TestTable",
            (
                "func check(t *testing.T, got, want int) {\n\tt.Helper()\n"
                '\tif got != want {\n\t\tt.Errorf("%d", got)\n\t}\n}\n\nfunc TestTable'
            ),
        ),
    ),
    Case("go: moved", {G: GO}, {"calc/add_test.go": GO}),
    rust("code changed", ("a + b", "a.wrapping_add(b)")),
    rust("message", ("assert_eq!(sum, 3)", 'assert_eq!(sum, 3, "sum of {} and {}", 1, 2)')),
    rust("assert_eq for assert", ("assert!(add(0, 0) == 0)", "assert_eq!(add(0, 0), 0)")),
    rust(
        "test added",
        (
            "    #[test]\n    fn parses",
            "    #[test]\n    fn more() {\n        assert_eq!(add(2, 2), 4);\n    }\n\n    #[test]\n    fn parses",
        ),
    ),
    rust("renamed", ("fn adds()", "fn adds_two_numbers()")),
    Case(
        "rust: to a file of tests",
        {R: RUST},
        {R: RUST.partition("#[cfg(test)]")[0], "tests/calc.rs": "mod tests {" + RUST.partition("mod tests {")[2]},
    ),
    rust("expected changed", ("sum, 3", "sum, 4")),
    java("display name", ("    @Test\n    void adds", '    @Test\n    @DisplayName("adds | disabled")\n    void adds')),
    java("renamed", ("void adds()", "void addsToTotal()")),
    java("public", ("class CartTest", "public class CartTest")),
    java("fluent", ("assertEquals(2, cart.total())", "assertThat(cart.total()).isEqualTo(2)")),
    java("on Linux", ("    @Test\n    void adds", "    @Test\n    @EnabledOnOs(OS.LINUX)\n    void adds")),
    java("more cases", ('"3,4"', '"3,4", "4,5"')),
    java(
        "setup",
        (
            "    @Test\n    void adds",
            "    @BeforeEach\n    void setUp() {\n        Calc.reset();\n    }\n\n    @Test\n    void adds",
        ),
    ),
    java("a dependency mocked", ("Cart cart = new Cart()", "Cart cart = new Cart(mock(Prices.class))")),
]
