# Ansa. Everything is built by meson in build/; this file only knows the usual words.
#
#   make            release build in build/release
#   make run        a demonstration node in ./demo, set up on the first run   [PORT=2641]
#   make test       everything that must hold: two compilers, sanitizers, lint, fuzz, sim, system
#   make unit       the quick part of it: one compiler, unit, contract and corpus tests
#   make bench      the table of docs/performance.md, measured on this machine
#   make sim        the simulator                      [SEEDS=200 FIRST=1]
#   make fuzz       every fuzz target                  [SECONDS_EACH=60]
#   make lint       layers, format, clang-tidy, cppcheck, manual pages, shell
#   make install    [PREFIX=/usr/local DESTDIR=]
#   make dist       a reproducible source archive in build/
#   make clean      removes build/ (not demo/)

PORT ?= 2641
PREFIX ?= /usr/local
SEEDS ?= 200
FIRST ?= 1
SECONDS_EACH ?= 60
RELEASE = build/release

all: $(RELEASE)/build.ninja
	@ninja -C $(RELEASE)

setup:
	@tools/setup build

$(RELEASE)/build.ninja: | setup
	@meson setup $(RELEASE) --prefix=$(PREFIX) --buildtype=release -Db_lto=true -Dtests=false

run: all
	@tools/run_demo $(RELEASE) demo $(PORT)

test:
	@tools/test_all

unit:
	@tools/setup build
	@tools/build_tests gcc
	@meson test -C build/gcc --no-rebuild --suite unit --suite contract --suite corpus

bench: all
	@tools/setup bench
	@bench/run $(RELEASE)

sim:
	@tools/setup build
	@tools/build_tests gcc
	@build/gcc/test/sim/sim --first $(FIRST) --seeds $(SEEDS)

fuzz:
	@tools/setup test
	@tools/fuzz_all $(SECONDS_EACH)

lint:
	@tools/setup test
	@tools/lint

# The prefix is that of the first make, unless another is said here.
install: all
	@grep -qx 'prefix=$(PREFIX)' $(RELEASE)/meson-private/libansa.pc || \
		{ meson configure $(RELEASE) -Dprefix=$(PREFIX) && ninja -C $(RELEASE); }
ifeq ($(origin PREFIX),command line)
	@meson configure $(RELEASE) --prefix=$(PREFIX) && ninja -C $(RELEASE) >/dev/null
endif
	@DESTDIR=$(DESTDIR) meson install -C $(RELEASE) --no-rebuild

dist:
	@tools/dist

clean:
	rm -rf build

.PHONY: all setup run test unit bench sim fuzz lint install dist clean
