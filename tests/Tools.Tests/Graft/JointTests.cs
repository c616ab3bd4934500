namespace Graft.Tools.Tests;

public sealed class JointTests(Workplace place) : IClassFixture<Workplace>
{
    [Fact]
    public void Another_task_is_learnt_in_the_same_steps_and_saved_beside()
    {
        string other = place.In("levels"), joint = place.In("joint");
        for (int level = 0; level < 3; level++)
            for (int number = 0; number < 4; number++) Workplace.Paint(Path.Combine(other, $"level{level}", $"{number}.ppm"), 60 * level + 30, number);
        var done = GraftLine.Run(place.FineTune("both", "--epochs", "1", "--jointly", other, "--joint-weight", "0.5", "--joint-out", joint, "--json")).AssertDone();
        Assert.Equal(joint, done.GetProperty("jointOut").GetString());
        Assert.Equal(3, done.GetProperty("jointClasses").GetArrayLength());
        Assert.Contains("\"joint_weight\": 0.5", File.ReadAllText(Path.Combine(place.In("both"), "graft.json")), StringComparison.Ordinal);
        Assert.Equal(3, GraftLine.Run("evaluate", "--model", joint, "--data", other, "--json").AssertDone().GetProperty("classes").GetArrayLength());
        // without a folder the head is thrown away
        Assert.DoesNotContain("the other task", GraftLine.Run(place.FineTune("one", "--epochs", "1", "--jointly", other)).Output, StringComparison.Ordinal);

        GraftLine.Run(place.FineTune("never", "--joint-out", joint)).AssertFailed(2, "goes with --jointly");
        GraftLine.Run(place.FineTune("never", "--joint-weight", "2")).AssertFailed(2, "give those, or leave it out");
        GraftLine.Run(place.FineTune("never", "--jointly", other, "--joint-out", place.In("never"))).AssertFailed(2, "are one folder");
        GraftLine.Run(place.FineTune("never", "--jointly", other, "--joint-out", Path.Combine(other, "level4"))).AssertFailed(2, "would be taken for a class");
        GraftLine.Run(place.FineTune("never", "--jointly", place.In("nowhere"))).AssertFailed(2, "there is no such folder");
        GraftLine.Run("fine-tune", "--task", "text-classification", "--model", place.In("never"), "--data", place.In("no.csv"), "--out", place.In("never"), "--joint-out", joint)
            .AssertFailed(2, "goes with pictures");
        Assert.False(Directory.Exists(place.In("never")));
    }
}
