console.log('kbench')
