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
  $arguments['url64bit'] = '@url-windows-arm64@'
  $arguments['checksum64'] = '@sha256-windows-arm64@'
} else {
  $arguments['url64bit'] = '@url-windows-amd64@'
  $arguments['checksum64'] = '@sha256-windows-amd64@'
}

# A command is made for every program that lies in the folder; there is one.
Install-ChocolateyZipPackage @arguments
