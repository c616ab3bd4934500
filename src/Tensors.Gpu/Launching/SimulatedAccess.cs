using System.Reflection.Emit;
using ILGPU;

namespace Graft.Tensors.Gpu
{
    /// <summary>Lets the code that ILGPU's CPU accelerator emits name the kernels and ops of every assembly, internal and
    /// nested ones too. A real device needs no such thing.</summary>
    internal static class SimulatedAccess
    {
        public static void Open(Context context)
        {
            using var scope = context.RuntimeSystem.DefineRuntimeClass(typeof(object), out var type);
            var emitted = (AssemblyBuilder)type.Assembly;
            var constructor = typeof(System.Runtime.CompilerServices.IgnoresAccessChecksToAttribute).GetConstructors()[0];
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (!assembly.IsDynamic && assembly.GetName().Name is { } name)
                    emitted.SetCustomAttribute(new CustomAttributeBuilder(constructor, [name]));
            }
            type.CreateType();
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
