namespace Graft.Tasks.Tests;

public sealed class BatchPlanTests
{
    [Theory]
    [InlineData(100, 64, 2, 50, 50)]
    [InlineData(4000, 64, 63, 63, 64)]
    [InlineData(65, 64, 2, 32, 33)]
    [InlineData(37, 8, 5, 7, 8)]
    [InlineData(3, 2, 1, 3, 3)]         // nothing is left alone
    [InlineData(5, 2, 2, 2, 3)]
    [InlineData(3, 8, 1, 3, 3)]
    [InlineData(1, 8, 1, 1, 1)]
    [InlineData(4, 1, 4, 1, 1)]         // one by one is asked for
    public void Training_pictures_are_spread_evenly(int examples, int batchSize, int batches, int smallest, int largest)
    {
        var plan = new BatchPlan(examples, batchSize, even: true);
        Assert.Equal((batches, smallest, largest, examples), (plan.Count, plan.Smallest, plan.Largest, plan.Examples));
        Assert.Equal(0, plan.Start(0));
        Assert.Equal(examples, plan.Start(plan.Count));
        Assert.All(Enumerable.Range(0, batches), batch => Assert.InRange(plan.Start(batch + 1) - plan.Start(batch), smallest, largest));
    }

    [Fact]
    public void Otherwise_all_batches_but_the_last_are_full()
    {
        var plan = new BatchPlan(11, 4, even: false);
        Assert.Equal((3, 3, 4), (plan.Count, plan.Smallest, plan.Largest));
        Assert.Equal([0, 4, 8, 11], Enumerable.Range(0, 4).Select(plan.Start));
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(100, 4)]
    [InlineData(200, 8)]
    [InlineData(1000, 41)]
    [InlineData(4000, 64)]
    [InlineData(1_000_000, 64)]
    public void The_default_batch_fits_itself_to_the_data(int examples, int batchSize)
    {
        Assert.Equal(batchSize, new ImageFineTuneOptions().BatchSizeFor(examples));
        Assert.Equal(7, new ImageFineTuneOptions { BatchSize = 7 }.BatchSizeFor(examples));
    }
}
