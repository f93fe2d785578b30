# SPDX-License-Identifier: MIT
"""From parsed flags to a Machine that can be started."""
from . import build, disk, packages
from .machine import Machine, guest_options
from .project import BUILD, Failure, image_path


def image_for(arguments):
    packages.ensure(packages.RUN)
    if not arguments.no_build:
        return build.image(arguments.preset)
    path = image_path(arguments.preset)
    if not path.exists():
        raise Failure(f"{path} does not exist; leave out --no-build")
    return path


def disk_write(image, options, path):
    """A disk image that boots `image` with `options`."""
    try:
        data = disk.disk_bytes(image.read_bytes(), disk.config_bytes(options))
        if path.is_relative_to(BUILD):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except (disk.DiskError, OSError) as error:
        raise Failure(f"cannot write {path}: {error}") from None
    return path


def machine_for(arguments, extra_options=()):
    """The machine that the common flags describe; builds what is missing."""
    image = image_for(arguments)
    options = guest_options(arguments) + list(extra_options)
    boot_disk = None
    if arguments.disk:
        boot_disk = disk_write(image, options, BUILD / arguments.preset / "boot.img")
    return Machine(image=image, memory=arguments.mem, cpu=arguments.cpu, cpus=arguments.smp,
                   icount=arguments.icount, disk=boot_disk, options=options, gdb=arguments.gdb,
                   iommu=arguments.iommu, edu=bool(arguments.edu), rng=arguments.rng, drives=arguments.drive,
                   extra=arguments.qemu_arg)
