using System.Reflection;
using Xunit.v3;

namespace Graft.Testing;

/// <summary>Runs each conformance class on each device of a test project, beside the project's own tests.</summary>
/// <remarks>A project asks for it by <c>[assembly: TestFramework(typeof(ConformanceFramework))]</c>.</remarks>
public sealed class ConformanceFramework : XunitTestFramework
{
    /// <inheritdoc/>
    protected override ITestFrameworkDiscoverer CreateDiscoverer(Assembly assembly) =>
        new Discoverer(new XunitTestAssembly(assembly, configFilePath: null, assemblyName: null));

    private sealed class Discoverer(IXunitTestAssembly assembly) : XunitTestFrameworkDiscoverer(assembly)
    {
        protected override Type[] GetExportedTypes()
        {
            var families = typeof(DeviceTests<>).Assembly.GetExportedTypes().Where(type => type is { IsGenericTypeDefinition: true, IsAbstract: false }
                && type.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == typeof(DeviceTests<>));
            var own = base.GetExportedTypes();
            var devices = own.Where(type => typeof(ITestedDevice).IsAssignableFrom(type)).ToArray();
            return [.. own, .. families.SelectMany(family => devices.Select(device => family.MakeGenericType(device)))];
        }
    }
}
