using System.Runtime.CompilerServices;

// Kernels keep small blocks on the stack and write them before they read them.
[module: SkipLocalsInit]
