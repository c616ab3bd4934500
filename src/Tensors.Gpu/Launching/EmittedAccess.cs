using System.Reflection;
using System.Reflection.Emit;
using ILGPU;

namespace Graft.Tensors.Gpu
{
    /// <summary>Lets the code that ILGPU emits for a launch name the kernel and its op, internal and nested ones too, in
    /// whichever assembly they are. For one thread at a time.</summary>
    internal sealed class EmittedAccess
    {
        private static readonly ConstructorInfo Constructor =
            typeof(System.Runtime.CompilerServices.IgnoresAccessChecksToAttribute).GetConstructors()[0];

        private readonly AssemblyBuilder emitted;
        private readonly HashSet<Assembly> opened = [];

        public EmittedAccess(Context context)
        {
            using var scope = context.RuntimeSystem.DefineRuntimeClass(typeof(object), out var type);
            type.CreateType();
            emitted = (AssemblyBuilder)type.Assembly;
        }

        /// <summary>Opens the assemblies of a kernel and of all its type arguments.</summary>
        public void Open(Type kernel)
        {
            if (kernel.Assembly.GetName().Name is { } name && opened.Add(kernel.Assembly))
                emitted.SetCustomAttribute(new CustomAttributeBuilder(Constructor, [name]));
            foreach (var argument in kernel.GetGenericArguments()) Open(argument);
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>The runtime knows this attribute by its name; the base library does not declare it.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName => assemblyName;
    }
}
