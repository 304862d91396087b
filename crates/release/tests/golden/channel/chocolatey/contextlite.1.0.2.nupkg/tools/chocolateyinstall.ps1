$ErrorActionPreference = 'Stop'

$folder = Split-Path -Parent $MyInvocation.MyCommand.Definition

# Chocolatey's helpers tell 32 from 64 bits, and nothing of ARM; a process that is emulated there
# finds the machine's processor in the second variable.
$isArm = ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') -or ($env:PROCESSOR_ARCHITEW6432 -eq 'ARM64')

$arguments = @{
  packageName    = $env:ChocolateyPackageName
  unzipLocation  = $folder
  checksumType64 = 'sha256'
}
if ($isArm) {
  $arguments['url64bit'] = 'https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-windows-arm64.zip'
  $arguments['checksum64'] = 'b651a5cacf0663f1935bde97fa3d2cbe6a49b52ab94b818bccabf37494389526'
} else {
  $arguments['url64bit'] = 'https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v1.0.2/contextlite-1.0.2-windows-amd64.zip'
  $arguments['checksum64'] = '774e721c0b7964f7b028419b66b9e26596cb4e6d25537d7b15bf68c6bf3d49e6'
}

# A command is made for every program that lies in the folder; there is one.
Install-ChocolateyZipPackage @arguments
