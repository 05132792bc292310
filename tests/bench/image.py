# SPDX-License-Identifier: MIT
"""The image of tests/bench/system: Debian's kernel for arm64 with all its modules and an initrd as MODULES=most makes it."""
import os
import pathlib
import re
import subprocess
import sys

from cost import TOP

sys.path.insert(0, os.path.join(TOP, "fixtures"))
from recipes import esp  # noqa: E402
from recipes.apt import Archive  # noqa: E402
from recipes.disk import ESP, ROOTS, Disk, fixed_uuid  # noqa: E402
from recipes.grub import Place  # noqa: E402
from recipes.images import CONSOLE, GRUB  # noqa: E402
from recipes.root import Root  # noqa: E402
from recipes.tools import scratch  # noqa: E402

NAME = "bench-arm64"
FOLDER = pathlib.Path(TOP, "build/bench")
# What initramfs-tools' auto_add_modules takes (hook-functions of 0.142), and graphics, media and wireless, in place of the
# firmware that makes initrds of installed systems as large.
MOST = re.compile(
	r"kernel/(drivers/(ata|bus|clk|cpufreq|dma|extcon|firmware|gpio|gpu|hid|hwmon|i2c|infiniband|input|iommu|leds|mailbox|md"
	r"|media|memory|message|mfd|mmc|nvdimm|nvme|nvmem|pci|phy|pinctrl|power|pwm|regulator|reset|rpmsg|staging|iio|rtc|scsi|soc|spi|target"
	r"|thermal|tty|usb|vhost|video|virtio|watchdog|xen|net/(ethernet|wireless|phy|mdio|usb|dsa|pcs|fddi|hyperv|ipvlan))"
	r"|fs|crypto|lib|block|sound|net/(core|sched|sunrpc|dns_resolver|9p)|arch)/")


def make():
	"""Paths of the disk and of its initrd by itself; made once."""
	disk_path, initrd = FOLDER / f"{NAME}.img", FOLDER / "initrd"
	if disk_path.exists() and initrd.exists():
		return str(disk_path), str(initrd)
	FOLDER.mkdir(parents=True, exist_ok=True)
	with scratch(FOLDER, ".make-") as stage:
		path = stage / "disk.img"
		disk = Disk(path, NAME, [(1, None, 34, ESP, "EFI System Partition"), (2, None, 900, ROOTS["arm64"], "root")])
		disk.part(1).mkfat()
		archive, uuid = Archive("arm64"), fixed_uuid(NAME, "ext4")
		root = Root(archive, "linux-image-arm64", CONSOLE["arm64"], f"UUID={uuid}",
		            [f"UUID={uuid} / ext4 rw,discard,errors=remount-ro 0 1"], disk.part(1).volume,
		            place=Place(uuid, "hd0,gpt2"), grub_package=GRUB["arm64"])
		root.extra = [name for name, path in root.kernel.paths.items() if MOST.match(path)]
		disk.part(2).mkext4(root.make(stage), uuid=uuid)
		signed = esp.Signed(archive)
		disk.part(1).put({**signed.fallback(), **signed.vendor(uuid)})
		subprocess.run(["cp", root.initrd, initrd], check=True)
		path.rename(disk_path)
	return str(disk_path), str(initrd)
